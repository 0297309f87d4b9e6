import { didYouMean } from '../errors/nearest.ts';
import { unreadableRuns } from '../journal.ts';
import { argumentProblem } from './problem.ts';

/** What `last` stands for, and how it is called. */
export interface LastRun {
  /** null where there is none. */
  readonly last: string | null;
  /** `run` or `apply`. */
  readonly word: string;
  /** What is said, and as a hint, where `last` stands for none. */
  readonly none: readonly [message: string, hint: string];
}

/** Throws InputProblems where there may be runs, and nobody can say which. */
export function requireReadableRuns(cwd: string): void {
  const problem = unreadableRuns(cwd);
  if (problem !== null) throw argumentProblem(problem);
}

/** The id of the run that a user names: by its id, by a beginning of it that no other has, or as `last`. Throws InputProblems. */
export function runNamed(named: string, ids: readonly string[], { last, word, none }: LastRun): string {
  if (named === 'last') {
    if (last === null) throw argumentProblem(...none);
    return last;
  }
  const [first, ...more] = ids.includes(named) ? [named] : ids.filter((id) => id.startsWith(named));
  if (first === undefined) {
    throw argumentProblem(`there is no run "${named}"`, didYouMean(named, ids) ?? (last === null ? null : `the last ${word} was ${last}`));
  }
  if (more.length > 0) throw argumentProblem(`"${named}" begins the ids of ${more.length + 1} runs`, `such as ${first} and ${more[0]}`);
  return first;
}
