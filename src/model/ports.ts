import type { Action } from './action.ts';
import type { Allowance } from './allowance.ts';
import type { BaseFacts, FactRequest, FactState } from './fact.ts';
import type { Become, Host } from './host.ts';
import type { Notices } from './notice-fact.ts';
import type { Decided, HostStep, Segment, World } from './planned.ts';
import type { Role } from './role.ts';
import type { Batches, Ledger, Part, RolloutHost, RolloutSettings } from './rollout.ts';
import type { StepOutcome, StepRecord, UndoFact } from './run.ts';
import type { Prediction, Step } from './step.ts';
import type { ReadScript, Transport, WriteScript } from './transport.ts';

/** A read of many facts: one script, and the parser for what it prints. */
export interface ReadBatch {
  readonly script: ReadScript;
  /** Facts by `factId`; every requested fact has a state. */
  parse(stdout: Buffer): Map<string, FactState>;
}

/** What the last run of a playbook asked of a host at one privilege level, and the base facts that the questions were made for. */
export interface ReadHint {
  readonly base: BaseFacts;
  readonly requests: readonly FactRequest[];
}

/** Remembers questions from run to run. It holds no answers. */
export interface ReadHints {
  get(host: string, level: string): ReadHint | null;
  set(host: string, level: string, hint: ReadHint): void;
}

/** The first script for a host, and the parser for what it prints. */
export interface FirstRead {
  readonly script: ReadScript;
  /** Throws when the host printed no base facts. `answered` are the requests that `facts` answers. */
  parse(stdout: Buffer): { readonly base: BaseFacts; readonly answered: readonly FactRequest[]; readonly facts: Map<string, FactState> };
}

/** Which boot a host is in, and whether that boot has come to its end. */
export interface BootState {
  readonly bootId: string;
  readonly isSettled: boolean;
}

/** What executing needs from facts/. */
export interface FactsPort {
  compileFirstRead(hint: ReadHint | null, nonce: string): FirstRead;
  /** What is left to ask: the requests, merged, but those that were answered in the same form. */
  unanswered(requests: readonly FactRequest[], answered: readonly FactRequest[]): FactRequest[];
  readonly baseScript: ReadScript;
  parseBase(stdout: Buffer): BaseFacts;
  readonly bootScript: ReadScript;
  parseBoot(stdout: Buffer): BootState;
  compileRead(requests: readonly FactRequest[], base: BaseFacts, nonce: string): ReadBatch;
}

/** An action as `sh`, with the line that names it in progress and failures. */
export interface CompiledAction {
  /** One line in plain words: `write /etc/motd (120 bytes)`. */
  readonly summary: string;
  /** Runs in a subshell under `set -eu`, standard input closed, both outputs kept. May use the functions of the prelude. */
  readonly script: string;
  /** Longest wait for its end, in milliseconds; undefined: the host's action deadline. */
  readonly deadlineMs?: number | undefined;
  /** The same work in two parts, so that neighbouring writes share one sync. Absent where it cannot be parted. */
  readonly staged?: StagedWrite | undefined;
}

/** A write in two parts: the temporary file `$T` of the path `$p`, and putting it in place. */
export interface StagedWrite {
  readonly path: string;
  /** SHA-256 that the file at the path must have; null: nothing may be there. */
  readonly expect: string | null;
  readonly prepare: string;
  /** `sh` that comes right before it is put in place. */
  readonly first?: string;
}

/** What a write script reports while it runs. Indexes count the script's actions from 0. */
export type ActionEvent =
  | { readonly kind: 'start'; readonly index: number }
  | { readonly kind: 'end'; readonly index: number; readonly exitCode: number; readonly output: Buffer }
  | { readonly kind: 'stopped'; readonly index: number }
  /** Another run has the host: nothing was begun. `leaseSec`: how long it keeps the host if it has died, at most. */
  | { readonly kind: 'locked'; readonly run: string; readonly leaseSec: number; readonly owner: string };

/** Takes a host for a run: no other run changes it at the same time. */
export interface LockClaim {
  readonly run: string;
  /** Who runs drover, and where: `name@machine`. */
  readonly owner: string;
  /** Where the lock lies: a matter of the account that the script runs as. */
  readonly base: Pick<BaseFacts, 'as' | 'hostname'>;
  /** The host is given back at the end of the script. */
  readonly isLast: boolean;
  /** Runs that have ended, whose lease counts no more: their lock is taken over unless a process of theirs still runs on the host. Default: none. */
  readonly instead?: readonly string[];
}

/** Follows a write script's output. */
export interface ProgressTracker {
  feed(chunk: Buffer): void;
  /** Output of the action that is running now, as far as it was seen. */
  output(): Buffer;
}

/** What executing needs from actions/. */
export interface ActionsPort {
  /** `actionMs`: the host's action deadline. */
  compileAction(action: Action, base: BaseFacts, actionMs?: number): CompiledAction;
  /** The same action, which also keeps and forgets notifications. */
  withNotices(compiled: CompiledAction, notices: Notices, base: BaseFacts): CompiledAction;
  compileWrite(actions: readonly CompiledAction[], nonce: string, claim: LockClaim): WriteScript;
  /** Gives the host back, where that was not done at the end of a script. */
  releaseScript(claim: LockClaim, nonce: string): WriteScript;
  /** Prints the id of an ended run (`claim.instead`) whose script still runs on the host. */
  endedRunScript(claim: LockClaim): ReadScript;
  trackProgress(nonce: string, emit: (event: ActionEvent) => void): ProgressTracker;
  /** Tells the script with this nonce to stop before its next action. */
  stopScript(nonce: string): WriteScript;
  /** Removes what `stopScript` left. */
  clearStopScript(nonce: string): WriteScript;
}

/** One play as one host has it: with the parameters that were checked for this host. */
export interface HostPlay {
  /** Unique among the plays and visits of the host. */
  readonly index: number;
  /** What its roles are to a host's turn. */
  readonly part: Part;
  readonly name: string;
  readonly become: Become | null;
  readonly allow: Allowance;
  readonly roles: readonly HostRole[];
}

/** One role of a host's play. */
export interface HostRole {
  readonly role: Role;
  readonly params: unknown;
  /** Whose rights its steps have; null: the login user's. Default: as the play says. */
  readonly become?: Become | null;
}

/** Whose rights the steps of a role have. */
export function becomeOfHostRole(play: HostPlay, { become }: HostRole): Become | null {
  return become === undefined ? play.become : become;
}

/** Whose rights a host's part in a play needs, role by role; those of the play where it has no roles. */
export function becomesOf(play: HostPlay): readonly (Become | null)[] {
  return play.roles.length === 0 ? [play.become] : play.roles.map((role) => becomeOfHostRole(play, role));
}

/** The last prediction of a fact, and the id of the step that made it. */
export interface Promised {
  readonly prediction: Prediction;
  readonly by: string;
  /** False where the step only looks: its prediction is what must hold. Default: true. */
  readonly isActed?: boolean;
}

/** What batches are made by. */
export interface BatchSettings extends Pick<RolloutSettings, 'serial' | 'order' | 'spread'> {
  /** Hosts of the play: what shares are shares of. */
  readonly total: number;
  /** Index into `serial` of the first batch. */
  readonly first: number;
}

/** A step that was carried out, with the facts that it replaced. */
export interface Undoable {
  readonly item: HostStep;
  readonly undo: readonly UndoFact[];
  /** Why it cannot be undone from them; null when it can. */
  readonly irreversible: string | null;
}

/** Makes a step that brings facts back to what they were: `ok` where they are that already. */
export type Restore = (id: string, undoable: Pick<Undoable, 'undo' | 'irreversible'>) => Step;

/** What executing needs from plan/. */
export interface PlanPort {
  /** `bases`: base facts as each privilege level of the play sees them, by `levelOf`. */
  assemblePlay(play: HostPlay, host: Host, bases: ReadonlyMap<string, BaseFacts>): HostStep[];
  makeWorld(bases: ReadonlyMap<string, BaseFacts>, facts: ReadonlyMap<string, FactState>): World;
  foldAll(items: readonly HostStep[], world: World): Decided[];
  foldSegment(items: readonly HostStep[], start: number, world: World): Segment;
  promises(decided: readonly Decided[]): Promised[];
  verifyRequests(promised: readonly Promised[]): FactRequest[];
  broken(promised: readonly Promised[], facts: ReadonlyMap<string, FactState>): { readonly by: string; readonly reason: string }[];
  planRecord(decided: Decided): StepRecord;
  hostOutcome(steps: readonly StepRecord[]): StepOutcome;
  /** Batches of the hosts that have something to do. `total`: hosts of the play, which shares are shares of. */
  planBatches(hosts: readonly RolloutHost[], settings: BatchSettings): Batches;
  openLedger(hosts: readonly RolloutHost[], settings: Pick<RolloutSettings, 'maxFailures' | 'spread'>): Ledger;
  /** The steps that put back what these did, in reverse, with the handlers that those notified; for the play slot `index`. */
  undoSteps(done: readonly Undoable[], of: { readonly items: readonly HostStep[]; readonly index: number }): HostStep[];
}

/** The other stages, as the executing one sees them. */
export interface Ports {
  readonly transport: Transport;
  readonly facts: FactsPort;
  readonly actions: ActionsPort;
  readonly plan: PlanPort;
  readonly hints: ReadHints;
  /** A random token, new at every call. */
  nonce(): string;
  /** Waits so long, or until the signal. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}
