import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HostTask, StopSignals } from './execute/prepare.ts';
import type { PlannedRun } from './execute/run.ts';
import { type Fingerprint, fingerprintOf } from './fingerprint.ts';
import { JournalWriter, journalFile, type Wish } from './journal.ts';
import type { RunHeader } from './model/run.ts';
import { thisProcess } from './process-mark.ts';
import type { Project } from './project.ts';
import type { Left } from './resume.ts';
import type { ApprovedPlan } from './saved-plan.ts';
import { UndoLogWriter, undoLogFile } from './undo-log.ts';

/** What a journal needs to know of its run besides the project. */
export interface Keeping {
  readonly resume?: { readonly run: string; readonly wish: Wish; readonly left: Left };
  readonly approved?: ApprovedPlan;
  readonly stop: StopSignals;
  readonly warn: (sentence: string) => void;
}

/** The fingerprint of a project; of the same salt as another one, to compare them. */
export function fingerprint(project: Project, salt: string = newSalt(), mask?: (value: unknown) => unknown): Fingerprint {
  const { cwd, playbook } = project.options;
  const text = textOf(resolve(cwd, playbook));
  return fingerprintOf(project, { salt, text, ...(mask === undefined ? {} : { mask }) });
}

/** A run can be undone without its playbook. */
function textOf(playbook: string): string {
  try {
    return readFileSync(playbook, 'utf8');
  } catch {
    return '';
  }
}

/** A salt that is used once. */
export function newSalt(): string {
  return randomBytes(12).toString('base64url');
}

/** Opens the journal of a run, before anything is contacted. A signal goes into it when it comes. */
export function openJournal(header: RunHeader, project: Project, { resume, approved, stop, warn }: Keeping): JournalWriter {
  const { tasks, options, redactor } = project;
  const journal = new JournalWriter(
    journalFile(options.cwd, header.id),
    {
      ...header,
      skipTags: options.skipTags,
      by: thisProcess(),
      hosts: resume === undefined ? namesOf(tasks, approved) : [...resume.left.plays.keys()],
      resumes: resume === undefined ? null : { run: resume.run, wish: resume.wish },
      fingerprint: fingerprint(project),
    },
    { redact: redactor.text, warn },
  );
  const stopping = (): void => journal.write({ kind: 'stopping', signal: stop.soft.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT' });
  stop.soft.addEventListener('abort', stopping, { once: true });
  return journal;
}

/** Opens the log of what a run replaces; nothing is written before something is. */
export function openUndoLog({ id }: RunHeader, project: Project, { warn }: Pick<Keeping, 'warn'>): UndoLogWriter {
  return new UndoLogWriter(undoLogFile(project.options.cwd, id), { redact: project.redactor.text, warn });
}

function namesOf(tasks: readonly HostTask[], approved: ApprovedPlan | undefined): readonly string[] {
  return tasks.map(({ host }) => host.name).filter((name) => approved?.hosts.has(name) !== false);
}

/** The run, whose end is told to its journal: where it was carried out, and where nobody wanted it to be. */
export function journalled(run: PlannedRun, journal: JournalWriter, undoLog: UndoLogWriter): PlannedRun {
  let applied = false;
  return {
    plan: run.plan,
    apply: async () => {
      applied = true;
      const result = await run.apply();
      journal.write({ kind: 'end', exitCode: result.exitCode });
      return result;
    },
    close: async () => {
      await run.close();
      undoLog.close();
      if (!applied) journal.write({ kind: 'end', exitCode: run.plan.exitCode });
    },
  };
}
