import type { Criterion } from './directive.ts';
import { fitsHostList, fitsPatternList } from './pattern.ts';
import { type ConfigWord, takeWord } from './words.ts';

/** The criteria of a Match line, or what is wrong with it and where. */
export type MatchLine = { readonly criteria: readonly Criterion[] } | { readonly message: string; readonly word: ConfigWord };

/** What Match lines are compared with. */
export interface MatchSubject {
  /** After HostName, as far as it is known by now. */
  readonly host: string;
  readonly originalHost: string;
  readonly user: string;
  readonly localUser: string;
  /** Whether this is the second reading, which `final` and `canonical` ask for. */
  readonly isFinal: boolean;
}

/** Criteria that only the system's ssh can decide: it runs a command, or knows what it was called for. */
const UNDECIDABLE = ['exec', 'localnetwork', 'tagged', 'command', 'sessiontype', 'version'];

/** Reads the criteria of a Match line from index `from` on. */
export function parseMatchLine(line: string, from: number): MatchLine {
  const criteria: Criterion[] = [];
  let next: number | null = from;
  while (next !== null) {
    const taken = takeCriterion(line, next);
    if (taken === null) break;
    if ('message' in taken) return taken;
    criteria.push(taken.criterion);
    next = taken.next;
  }
  return checkAll(criteria) ?? { criteria };
}

type TakenCriterion =
  | { readonly criterion: Criterion; readonly next: number | null }
  | { readonly message: string; readonly word: ConfigWord };

function takeCriterion(line: string, at: number): TakenCriterion | null {
  const taken = takeWord(line, at);
  if (taken === null || isEnd(taken.word)) return null;
  const { word, next } = taken;
  const name = criterionName(word.text);
  if (name === null) return { message: `Match does not know the criterion "${word.text}"`, word };
  const negated = word.text.startsWith('!');
  if (takesNone(name)) return { criterion: { name, negated, argument: '', word }, next };
  const argument = next === null ? null : takeWord(line, next);
  if (argument === null || isEnd(argument.word)) return { message: `the Match criterion "${word.text}" has no argument`, word };
  return { criterion: { name, negated, argument: argument.word.text, word }, next: argument.next };
}

function isEnd({ text }: ConfigWord): boolean {
  return text === '' || text.startsWith('#');
}

function criterionName(text: string): Criterion['name'] | null {
  const name = text.replace(/^!/, '').toLowerCase();
  if (UNDECIDABLE.includes(name)) return 'undecidable';
  return NAMES.find((each) => each === name) ?? null;
}

const NAMES = ['all', 'canonical', 'final', 'host', 'originalhost', 'user', 'localuser'] as const;

function takesNone(name: Criterion['name']): boolean {
  return name === 'all' || name === 'canonical' || name === 'final';
}

/** `all` stands alone, or last behind one other: ssh_config(5) names only `canonical` and `final` there, OpenSSH takes any. */
function checkAll(criteria: readonly Criterion[]): MatchLine | null {
  const at = criteria.findIndex(({ name }) => name === 'all');
  const all = criteria[at];
  if (all === undefined || (at <= 1 && at === criteria.length - 1)) return null;
  return { message: 'the Match criterion "all" cannot be combined with others', word: all.word };
}

/** Whether a Match line applies; the criterion itself where that depends on one that drover cannot decide. */
export function decideMatch(criteria: readonly Criterion[], subject: MatchSubject): boolean | Criterion {
  const decided = criteria.filter(({ name }) => name !== 'undecidable');
  if (decided.some((criterion) => holds(criterion, subject) === criterion.negated)) return false;
  return criteria.find(({ name }) => name === 'undecidable') ?? true;
}

function holds({ name, argument }: Criterion, subject: MatchSubject): boolean {
  switch (name) {
    case 'host':
      return fitsHostList(subject.host, argument);
    case 'originalhost':
      return fitsHostList(subject.originalHost, argument);
    case 'user':
      return fitsPatternList(subject.user, argument);
    case 'localuser':
      return fitsPatternList(subject.localUser, argument);
    case 'canonical':
    case 'final':
      return subject.isFinal;
    case 'all':
    case 'undecidable':
      return true;
  }
}
