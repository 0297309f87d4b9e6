import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { diagnose } from '../errors/diagnose.ts';
import { type Journal, type JournalHeader, journalFile, readJournal, recordedRuns, type Wish } from '../journal.ts';
import { stillRuns } from '../process-mark.ts';
import type { RunFlags } from './flags.ts';
import { argumentProblem, InputProblems } from './problem.ts';
import { requireReadableRuns, runNamed } from './run-name.ts';

/** The run that `--resume` or `--retry-failed` names. */
export interface EarlierRun {
  readonly wish: Wish;
  readonly header: JournalHeader;
  /** The journals of that run, of those that it goes on with, and of those that went on with any of them; oldest first. */
  readonly journals: readonly Journal[];
  /** Runs of them that are known to have ended. */
  readonly ended: readonly string[];
}

/** Finds a run by its id, the beginning of it, or `last`. Throws InputProblems where it cannot be resumed. */
export function findEarlierRun(named: string, wish: Wish, cwd: string): EarlierRun {
  requireReadableRuns(cwd);
  const ids = recordedRuns(cwd);
  const id = idOf(named, ids, { cwd, verb: 'resume' });
  const journals = familyOf(id, ids, cwd);
  const header = journals.find((journal) => journal.header.id === id)?.header;
  if (header === undefined) throw new Error(`run ${named} is not of its own family`);
  if (header.undoes !== undefined)
    throw argumentProblem(
      `run ${header.id} undid another one`,
      `drover undo ${header.undoes} goes on with it: what is put back already it leaves alone`,
    );
  return { wish, header, journals, ended: endedOf(journals) };
}

function idOf(named: string, ids: readonly string[], { cwd, verb }: { readonly cwd: string; readonly verb: 'resume' | 'undo' }): string {
  const last = ids.findLast((id) => hasFile(journalFile(cwd, id))) ?? null;
  const none = `${join('.drover', 'runs')} of this folder has no journal of an apply`;
  return runNamed(named, ids, { last, word: 'apply', none: [`there is no run to ${verb}`, none] });
}

/** The journal of an apply that has ended, by its id, the beginning of it, or `last`; its id where it was killed. Throws InputProblems where there is none, or it is still going on. */
export function findEndedApply(named: string, cwd: string): { readonly journal: Journal; readonly killed: readonly string[] } {
  requireReadableRuns(cwd);
  const journal = journalOf(idOf(named, recordedRuns(cwd), { cwd, verb: 'undo' }), cwd);
  const ended = endedOf([journal]);
  return { journal, killed: journal.events.some(({ kind }) => kind === 'end') ? [] : ended };
}

/** Up to the run that all of it began with, and down to those that go on with any of them: a run sorts behind the one that it goes on with. */
function familyOf(id: string, ids: readonly string[], cwd: string): readonly Journal[] {
  let root = journalOf(id, cwd);
  while (root.header.resumes !== null) root = journalOf(root.header.resumes.run, cwd);
  const family = new Map([[root.header.id, root]]);
  for (const later of ids.filter((each) => each > root.header.id)) {
    const journal = readJournal(journalFile(cwd, later));
    if (journal?.header.resumes != null && family.has(journal.header.resumes.run)) family.set(later, journal);
  }
  return [...family.values()];
}

function journalOf(id: string, cwd: string): Journal {
  const file = journalFile(cwd, id);
  const journal = readJournal(file);
  if (journal !== null) return journal;
  if (hasFile(file)) throw argumentProblem(`the journal of run ${id} cannot be read`, ANEW);
  const mode = modeOf(join(file, '..', 'report.json'));
  if (mode === 'plan' || mode === 'check')
    throw argumentProblem(`run ${id} was a ${mode}: it changed nothing, and nothing of it is left`, null);
  throw argumentProblem(`run ${id} left no journal`, ANEW);
}

const ANEW = 'drover apply PLAYBOOK goes through all hosts again, and finds what is done';

function hasFile(path: string): boolean {
  return textOf(path) !== null;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The mode that a report names; null where there is none. */
function modeOf(report: string): string | null {
  try {
    const { run }: { run: { mode: string } } = JSON.parse(textOf(report) ?? '');
    return run.mode;
  } catch {
    return null;
  }
}

/** Throws where one of the runs is still going on. One that was started on another machine is neither known to have ended nor refused. */
function endedOf(journals: readonly Journal[]): readonly string[] {
  return journals.flatMap(({ header, events }) => {
    const runs = events.some(({ kind }) => kind === 'end') ? false : stillRuns(header.by);
    if (runs === true) {
      throw argumentProblem(
        `run ${header.id} is still going on, as process ${header.by.pid} of this machine`,
        'wait for its end, or stop it with Ctrl-C',
      );
    }
    return runs === false ? [header.id] : [];
  });
}

/** The flags of the earlier run, besides those that may change. Throws InputProblems where a given one is another. */
export function asBefore<F extends RunFlags>(
  { header }: EarlierRun,
  given: { readonly playbook: string | undefined; readonly flags: F; readonly cwd: string },
): { readonly playbook: string; readonly flags: F } {
  const { playbook = header.playbook, flags, cwd } = given;
  const files = (names: readonly string[]): string => names.map((name) => resolve(cwd, name)).join('\0');
  const words = (tags: readonly string[]): string => [...new Set(tags)].sort().join('\0');
  const unlike = [
    ...(files([playbook]) === files([header.playbook]) ? [] : [`is of the playbook ${header.playbook}, not of ${playbook}`]),
    ...differing(flags.inventory, header.inventory, { name: 'inventory', as: files }),
    ...(flags.limit === undefined || flags.limit === header.limit ? [] : [`has the limit ${header.limit ?? 'none'}, not ${flags.limit}`]),
    ...differing(flags.tags, header.tags, { name: 'tags', as: words }),
    ...differing(flags.skipTags, header.skipTags, { name: 'skip-tags', as: words }),
  ];
  const hint = 'leave it out: what is not given is taken from the run';
  if (unlike.length > 0) throw new InputProblems(unlike.map((what) => diagnose('argument', `run ${header.id} ${what}`, { hint })));
  const { inventory, tags, skipTags, limit } = header;
  return { playbook, flags: { ...flags, inventory, tags, skipTags, ...(limit === null ? {} : { limit }) } };
}

interface Listed {
  readonly name: string;
  readonly as: (values: readonly string[]) => string;
}

function differing(given: readonly string[], had: readonly string[], { name, as }: Listed): readonly string[] {
  if (given.length === 0 || as(given) === as(had)) return [];
  return [`has the ${name} ${had.join(', ') || 'none'}, not ${given.join(', ')}`];
}
