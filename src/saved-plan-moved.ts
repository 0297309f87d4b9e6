import type { BaseFacts } from './model/fact.ts';
import { factId } from './model/fact.ts';
import type { Decided, PlannedHost } from './model/planned.ts';
import type { HostError } from './model/run.ts';
import { fieldsOf, type HostBasis, keyOf, type Printing, type StepPrint, stepPrints, UNTOLD, wantsElse } from './saved-plan-basis.ts';

/** Differences that are told of one host; more are counted. */
const MOST = 3;

/**
 * Why a saved plan may not be carried out on a host as it is now: facts that it stands on have moved, field by field, or something else would be done
 * than it shows. null where it may be, also where some of it or all is done already, such as by a run that was interrupted.
 */
export function movedSince(saved: HostBasis, now: PlannedHost, printing: Printing): HostError | null {
  if (!now.isVisited && now.decided.every(({ decision }) => isSettled(decision.kind))) return null;
  const whole = differencesOf(saved, now, { printing, isPartlyDone: false });
  const found = whole.length === 0 || now.isVisited ? whole : differencesOfRest(saved, now, printing);
  if (found.length === 0) return null;
  const more = found.length > MOST ? `; and ${found.length - MOST} more` : '';
  return {
    phase: 'moved',
    message: `the host is not what the plan was made on: ${found.slice(0, MOST).join('; ')}${more}`,
    hint: 'make a new plan of this host; the others are not held up by it',
  };
}

function isSettled(kind: Decided['decision']['kind']): boolean {
  return kind === 'ok' || kind === 'idle' || kind === 'skipped';
}

function differencesOf(saved: HostBasis, now: PlannedHost, { printing, isPartlyDone }: Omit<Comparing, 'isExplained'>): readonly string[] {
  const facts = factDifferences(saved, now, printing);
  const comparing = { printing, isExplained: facts.length > 0, isPartlyDone };
  return [...baseDifferences(saved, now), ...facts, ...stepDifferences(saved, now, comparing)];
}

/** The same where some of the plan may be done already. */
function differencesOfRest(saved: HostBasis, now: PlannedHost, printing: Printing): readonly string[] {
  const done = donePart(pairsOf(saved, now, printing), printing);
  const facts = saved.facts.filter((fact) => !done.facts.has(factId(fact)));
  return differencesOf({ ...saved, facts }, now, { printing, isPartlyDone: done.isPartly });
}

/** A step as it was planned, and as it is decided now. */
interface Pair {
  readonly old: StepPrint;
  readonly print: StepPrint;
  readonly is: Decided;
}

function pairsOf(saved: HostBasis, now: PlannedHost, printing: Printing): readonly Pair[] {
  const before = new Map(saved.steps.map((step) => [keyOf(step), step]));
  return now.decided.flatMap((is) =>
    stepPrints([is.item], [is], printing).flatMap((print) => {
      const old = before.get(keyOf(print));
      return old === undefined ? [] : [{ old, print, is }];
    }),
  );
}

/**
 * Whether steps that were to change something are as wanted now, and the facts that nothing stands on any more for that: all that were planned on one are
 * done, or do what was planned to the letter (what a step wrote, the next one goes on from).
 */
function donePart(pairs: readonly Pair[], { mask }: Printing): { readonly isPartly: boolean; readonly facts: ReadonlySet<string> } {
  const planned = pairs.filter(({ old }) => old.decided?.[0] === 'change');
  const isDone = ({ is }: Pair): boolean => is.decision.kind === 'ok';
  const readBy = new Map<string, Pair[]>();
  for (const pair of planned) {
    for (const { kind, key } of pair.is.item.step.reads) {
      const id = factId({ kind, key: mask.text(key) });
      readBy.set(id, [...(readBy.get(id) ?? []), pair]);
    }
  }
  const facts = [...readBy].filter(
    ([, all]) => all.some(isDone) && all.every((pair) => isDone(pair) || isSameDecision(pair.old, pair.print)),
  );
  return { isPartly: planned.some(isDone), facts: new Set(facts.map(([id]) => id)) };
}

function isSameDecision(old: StepPrint, now: StepPrint): boolean {
  return old.decided?.join() === now.decided?.join();
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

/** Values that were no text, in the words of reports. */
const WORDS: Readonly<Record<string, string>> = { null: 'absent', true: 'yes', false: 'no', '': '(empty)', '[]': 'none' };

function shown(value: string): string {
  if (value.startsWith('#')) return 'another one';
  if (value.startsWith('sha256 ')) return value.slice(0, 'sha256 '.length + 12);
  return WORDS[value] ?? (/^\["[^"\\]*"(,"[^"\\]*")*\]$/.test(value) ? value.slice(2, -2).replaceAll('","', ', ') : value);
}

interface Comparing {
  readonly printing: Printing;
  /** True where facts that have moved say enough. */
  readonly isExplained: boolean;
  /** True where some steps of the plan are done already: what was to follow from them has. */
  readonly isPartlyDone: boolean;
}

function stepDifferences(saved: HostBasis, now: PlannedHost, comparing: Comparing): readonly string[] {
  const { printing, isExplained, isPartlyDone } = comparing;
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
    if (now.isVisited || isExplained || isSameDecision(old, step) || (isPartlyDone && isDueTo(old, step))) return [];
    const is = now.decided.find(({ item }) => keyOf({ ...item, id: printing.mask.text(item.id) }) === keyOf(step));
    return [`${step.id} ${wordOf(old.decided?.[0])}, and now ${nowWords(is)}`];
  });
  return [...gone, ...others];
}

/** What was to be done is done, or what was left to the apply is decided. */
function isDueTo(old: StepPrint, now: StepPrint): boolean {
  const [was, is] = [old.decided?.[0], now.decided?.[0]];
  return was === 'unknown' || (was === 'change' && (is === 'ok' || is === 'idle'));
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
