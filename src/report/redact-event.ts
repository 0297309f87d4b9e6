import type { RunEvent } from '../model/event.ts';

/** An event whose texts are free of secrets before a display cuts them: of one that is cut in two nobody would know the rest. */
export function redactEvent(event: RunEvent, redact: (text: string) => string): RunEvent {
  switch (event.kind) {
    case 'step-started':
    case 'step-finished':
      return { ...event, step: redact(event.step) };
    case 'action-output':
      return { ...event, step: redact(event.step), tail: redact(event.tail) };
    case 'gate-finished':
      return { ...event, closed: event.closed === null ? null : redact(event.closed) };
    case 'rollout-halted':
      return { ...event, reason: redact(event.reason) };
    default:
      return event;
  }
}
