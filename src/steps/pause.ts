import type { Step } from '../model/step.ts';
import { makeStep, StepArgumentError } from './step.ts';

/** How long a pause is. */
export interface PauseOptions {
  /** Whole seconds, 1 to 86 400. */
  readonly seconds: number;
  /** Why, in plain words; also its name in reports. Default: only the time is shown. */
  readonly because?: string | undefined;
}

/**
 * Lets time pass; it changes nothing else. It does so at every apply, so among ordinary steps a second apply would not be empty: it belongs
 * into handlers and into maintenance around a host. Where something can be looked at, `waitFor` is better. Throws StepArgumentError for
 * wrong arguments.
 */
export function pause({ seconds, because }: PauseOptions): Step {
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400)) {
    throw new StepArgumentError(`pause: seconds ${JSON.stringify(seconds)} must be a whole number, 1 to 86400`);
  }
  if (because !== undefined && (typeof because !== 'string' || because === '')) {
    throw new StepArgumentError(`pause: because ${JSON.stringify(because)} must be words that say why`);
  }
  const shown = because === undefined ? `${seconds} s` : `${seconds} s: ${because}`;
  const change = { field: 'pause', after: shown };
  return makeStep(
    {
      kind: 'pause',
      subject: because ?? `${seconds} s`,
      reads: [],
      wants: [change],
      plan: () => ({
        result: 'change',
        changes: [{ ...change, before: null }],
        predicted: [],
        actions: [{ kind: 'pause', seconds }],
        irreversible: 'a pause',
      }),
    },
    {},
  );
}
