import type { BaseFacts, FactState } from './fact.ts';
import type { Become } from './host.ts';
import type { Part } from './rollout.ts';
import type { HostError, UndoFact } from './run.ts';
import type { Step, StepPlan } from './step.ts';

/** A step as one host has it: with its id and the play and role it comes from. */
export interface HostStep {
  /** `role/kind[subject]`, unique within the play on this host. */
  readonly id: string;
  /** Index of its play or visit on this host. */
  readonly play: number;
  readonly part: Part;
  readonly playName: string;
  readonly role: string;
  readonly step: Step;
  /** For handlers: the key that notifications name (role and handler name); null for ordinary steps. */
  readonly handler: string | null;
  /** Keys of the handlers that this step notifies. */
  readonly notifies: readonly string[];
  readonly become: Become | null;
}

/** What the fold decided for a step. */
export type Decision =
  | { readonly kind: 'ok'; readonly note: string | null }
  | { readonly kind: 'change'; readonly plan: Extract<StepPlan, { result: 'change' }>; readonly undo: readonly UndoFact[] }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Only earlier actions decide what this step finds. */
  | { readonly kind: 'unknown'; readonly because: string }
  /** A handler that nothing notified. */
  | { readonly kind: 'idle' };

export interface Decided {
  readonly item: HostStep;
  readonly decision: Decision;
  /** For handlers: ids of the steps that notified it. */
  readonly notifiedBy: readonly string[];
}

/** Facts of one host, by `factId`, and what the fold did to them. */
export interface World {
  /** Base facts as each privilege level of the plays sees them, by `levelOf`. */
  readonly bases: Map<string, BaseFacts>;
  readonly facts: Map<string, FactState>;
  /** Id of the last step that was decided to change something since facts were read; null for none. */
  pending: string | null;
  /** Handler key → ids of the steps that notified it with a certain change, and with a possible one. */
  readonly notified: Map<string, { sure: string[]; maybe: string[] }>;
}

/** Names the handler of a role whatever play it is in: the key of what a host keeps of a notification. */
export function noticeKey(handler: string): string {
  return handler.slice(handler.indexOf('/') + 1);
}

/** Names a privilege level: steps of one level share scripts. */
export function levelOf(become: Become | null): string {
  return become === null ? '' : `${become.method} ${become.user}`;
}

/** Decisions of consecutive steps, and where to go on. */
export interface Segment {
  readonly decided: readonly Decided[];
  /** Index of the first step that was not decided: it must wait for the actions of this segment. */
  readonly next: number;
}

/** A host as it was read and planned. */
export interface PlannedHost {
  readonly host: string;
  /** True where it is looked at for what is done there for others. */
  readonly isVisited: boolean;
  /** By privilege level, as `levelOf` names it. */
  readonly bases: ReadonlyMap<string, BaseFacts>;
  /** As they were read, by `factId`. */
  readonly facts: ReadonlyMap<string, FactState>;
  /** All steps that were made for it. */
  readonly items: readonly HostStep[];
  /** Those of them that count, decided. */
  readonly decided: readonly Decided[];
}

/** Looks at a host before anything is begun there, and may refuse it. */
export type Inspect = (planned: PlannedHost) => HostError | null;
