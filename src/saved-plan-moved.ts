import type { BaseFacts } from './model/fact.ts';
import { factId } from './model/fact.ts';
import type { Decided, PlannedHost } from './model/planned.ts';
import type { HostError } from './model/run.ts';
import { fieldsOf, type HostBasis, keyOf, type Printing, type StepPrint, stepPrints, UNTOLD, wantsElse } from './saved-plan-basis.ts';

/** Differences that are told of one host; more are counted. */
const MOST = 3;

/**
 * Why a saved plan may not be carried out on a host as it is now: facts that it stands on have moved, field by field, or something else would be done
 * than it shows. null where it may be, and where the host already is as planned.
 */
export function movedSince(saved: HostBasis, now: PlannedHost, printing: Printing): HostError | null {
  if (!now.isVisited && now.decided.every(({ decision }) => isSettled(decision.kind))) return null;
  const facts = factDifferences(saved, now, printing);
  const found = [...baseDifferences(saved, now), ...facts, ...stepDifferences(saved, now, { printing, isExplained: facts.length > 0 })];
  if (found.length === 0) return null;
  const more = found.length > MOST ? `; and ${found.length - MOST} more differences` : '';
  return {
    phase: 'moved',
    message: `the host is not what the plan was made on: ${found.slice(0, MOST).join('; ')}${more}`,
    hint: 'make a new plan of this host; the others are not held up by it',
  };
}

function isSettled(kind: Decided['decision']['kind']): boolean {
  return kind === 'ok' || kind === 'idle' || kind === 'skipped';
}

/** Of the base facts those that actions are compiled by; what else steps are made of shows in the steps. */
const BASE_FIELDS: readonly (readonly [name: string, of: (base: BaseFacts) => string])[] = [
  ['hostname', (base) => base.hostname],
  ['system', ({ os }) => `${os.id} ${os.version}`.trim()],
  ['init', (base) => base.init],
  ['package manager', (base) => base.packageManager],
  ['login', ({ as }) => as.user],
];

function baseDifferences({ bases }: HostBasis, now: PlannedHost): readonly string[] {
  const all = [...now.bases].flatMap(([level, base]) => {
    const saved = bases[level];
    if (saved === undefined) return [];
    return BASE_FIELDS.flatMap(([name, of]) => (of(saved) === of(base) ? [] : [`its ${name} was ${of(saved)}, is ${of(base)}`]));
  });
  return [...new Set(all)];
}

function factDifferences({ facts }: HostBasis, now: PlannedHost, printing: Printing): readonly string[] {
  const states = new Map([...now.facts].map(([id, state]) => [printing.mask.text(id), state]));
  return facts.flatMap((saved) => {
    const state = states.get(factId(saved));
    // A visited host is only asked for what the visits that are left look at.
    if (state === undefined) return [];
    const fields = fieldsOf(saved.kind, state, printing);
    if (fields === null) return [`${saved.kind} ${saved.key} cannot be read`];
    // Of another thing at the same place all other fields are others, too.
    const names = saved.fields.type === fields.type ? Object.keys(saved.fields) : ['type'];
    return names.flatMap((name) => {
      const [old = '', present] = [saved.fields[name], fields[name]];
      // A field that only one of them has was not read for the other.
      if (present === undefined || (old === present && old !== UNTOLD)) return [];
      return [`${saved.kind} ${saved.key}: ${name} ${difference(old, present)}`];
    });
  });
}

/** The second word of a keyed digest names the key. */
function difference(old: string, present: string): string {
  const [keyed, before, after] = [old.startsWith('key '), old.split(' ')[1], present.split(' ')[1]];
  if (keyed && (before === '?' || after !== before))
    return 'holds a secret, and can be compared only in the folder that the plan was made in';
  return keyed ? 'is another one, and holds a secret' : `was ${shown(old)}, is ${shown(present)}`;
}

function shown(value: string): string {
  if (value.startsWith('#')) return 'another one';
  return value.startsWith('sha256 ') ? value.slice(0, 'sha256 '.length + 12) : value || '(empty)';
}

interface Comparing {
  readonly printing: Printing;
  /** True where facts that have moved say enough. */
  readonly isExplained: boolean;
}

function stepDifferences(saved: HostBasis, now: PlannedHost, { printing, isExplained }: Comparing): readonly string[] {
  const before = new Map(saved.steps.map((step) => [keyOf(step), step]));
  const after = stepPrints(now.items, now.decided, printing);
  const kept = new Set(after.map(keyOf));
  const gone = now.isVisited ? [] : saved.steps.filter((step) => !kept.has(keyOf(step))).map(({ id }) => `${id} is gone`);
  const others = after.flatMap((step) => {
    const old = before.get(keyOf(step));
    if (old === undefined) return [`${step.id} is new`];
    const wants = wantsElse(old, step);
    if (wants !== null) return [`${step.id} ${wants}`];
    // What is done on a host for others is decided anew at each visit.
    return now.isVisited || isExplained
      ? []
      : decisionDifference(
          old,
          step,
          now.decided.find(({ item }) => keyOf({ ...item, id: printing.mask.text(item.id) }) === keyOf(step)),
        );
  });
  return [...gone, ...others];
}

function decisionDifference(old: StepPrint, step: StepPrint, is: Decided | undefined): readonly string[] {
  if (old.decided?.join() === step.decided?.join()) return [];
  return [`${step.id} ${wordOf(old.decided?.[0])}, and now ${nowWords(is)}`];
}

function wordOf(kind: Decided['decision']['kind'] | undefined): string {
  switch (kind) {
    case 'change':
      return 'was to be changed';
    case 'unknown':
      return 'was left to the apply';
    case 'refused':
      return 'was refused';
    case 'skipped':
      return 'was skipped';
    case 'idle':
      return 'was not notified';
    case 'ok':
      return 'was as wanted';
    case undefined:
      return 'did not count';
  }
}

function nowWords(is: Decided | undefined): string {
  switch (is?.decision.kind) {
    case 'change':
      return `would change: ${is.decision.plan.changes.map(({ field }) => field).join(', ') || 'something else'}`;
    case 'unknown':
      return `depends on ${is.decision.because}`;
    case 'refused':
    case 'skipped':
      return `is ${is.decision.kind}: ${is.decision.reason}`;
    case 'idle':
      return 'is not notified';
    case 'ok':
      return 'is as wanted';
    case undefined:
      return 'does not count';
  }
}
