import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { openDigestKey } from '../digest-key.ts';
import { fingerprint, newSalt, type Project } from '../engine.ts';
import { diagnose } from '../errors/diagnose.ts';
import type { Inspect } from '../model/planned.ts';
import type { Run } from '../model/run.ts';
import { type ApprovedPlan, PlanRecorder, readSavedPlan, type SavedPlan, writeSavedPlan } from '../saved-plan.ts';
import { isSavedPlan } from '../saved-plan-format.ts';
import { approvePlan, notableDifferences, revisionText } from '../saved-plan-work.ts';
import { VERSION } from '../version.ts';
import type { Cli } from './cli.ts';
import type { RunFlags } from './flags.ts';
import { argumentProblem, InputProblems } from './problem.ts';
import { openProject, type Session } from './run-session.ts';
import { guardSecrets } from './secrets.ts';

/** Refuses, before anything is contacted, a file for `--out` that cannot be written or is something else than a plan. */
export function checkPlanTarget(file: string, cwd: string): void {
  const path = resolve(cwd, file);
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (folder?.isDirectory() !== true) throw argumentProblem(`--out: there is no folder for ${file}`, 'make it first');
  if (existsSync(path) && !isSavedPlan(path))
    throw argumentProblem(`--out: ${file} is there and is no saved plan`, 'name another file, or remove it');
  const why = whyNoneCanBeMade(path);
  if (why !== null) throw argumentProblem(`--out: ${file} cannot be written: ${why}`);
}

/** Nothing but trying tells of folders in which nobody can make a file. */
function whyNoneCanBeMade(path: string): string | null {
  const probe = `${path}.${process.pid}`;
  try {
    closeSync(openSync(probe, 'wx', 0o600));
    rmSync(probe);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Notes what a plan stands on while it is made, and saves it. */
export interface PlanSaving {
  readonly inspect: Inspect;
  /** Writes the file and says so on standard error; of an interrupted run nothing is saved. Throws InputProblems where it cannot be written. */
  save(run: Run): Promise<void>;
}

/** Begins to note a plan for a file. */
export function savingTo(file: string, project: Project, { redactor }: Pick<Session, 'redactor'>, { io, output }: Cli): PlanSaving {
  const salt = newSalt();
  const recorder = new PlanRecorder(redactor, { salt, key: openDigestKey(io.cwd) });
  return {
    inspect: recorder.inspect,
    save: async (run) => {
      if (run.interrupted !== null) {
        output.err('warning: the plan is not saved: the run was interrupted\n');
        return;
      }
      const plan = recorder.plan(
        redactor.run(run),
        fingerprint(project, salt, (value) => recorder.mask.value(value)),
      );
      try {
        await writeSavedPlan(resolve(io.cwd, file), plan);
      } catch (error) {
        throw argumentProblem(`the plan could not be saved: ${error instanceof Error ? error.message : String(error)}`);
      }
      output.err(`plan saved in ${file}: drover show shows it again, drover apply carries it out\n`);
    },
  };
}

/** Reads a saved plan. Throws InputProblems where the file is none, or cannot be read. */
export function openPlanFile(file: string, cwd: string): SavedPlan {
  const read = (): SavedPlan | string => {
    try {
      return readSavedPlan(resolve(cwd, file));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      return code === 'ENOENT' ? 'is not there' : 'cannot be read';
    }
  };
  const plan = read();
  if (typeof plan === 'string') throw argumentProblem(`${file} ${plan}`, 'drover plan PLAYBOOK --out FILE saves a plan');
  return plan;
}

/** The project of a saved plan, and the part of it that is to be carried out. */
export interface OpenedPlan {
  readonly project: Project;
  readonly approved: ApprovedPlan;
}

/**
 * Loads what a saved plan was made of again, and holds it against the plan; null where the plan changes nothing. Throws InputProblems where flags say
 * otherwise than the plan, another drover made it, or the project makes something else now.
 */
export async function openSavedPlan(file: string, flags: RunFlags, cli: Cli): Promise<OpenedPlan | null> {
  const plan = openPlanFile(file, cli.io.cwd);
  refuseFlags(flags, file);
  const { run, hosts } = plan.report;
  if (run.drover !== VERSION)
    throw argumentProblem(
      `${file} was made by drover ${run.drover}, and this is ${VERSION}`,
      'another version may do something else: make the plan anew',
    );
  const { inventory, limit, tags, skipTags = [] } = run;
  const project = await openProject(run.playbook, { ...flags, inventory, tags, skipTags, ...(limit === null ? {} : { limit }) }, cli);
  const { approved, differences } = approvePlan(plan, project, guardSecrets(project.hosts, project.options, cli));
  refuseDifferences(differences);
  for (const sentence of await notableDifferences(plan, project)) cli.output.err(`warning: ${sentence}\n`);
  const left = hosts.filter(({ outcome }) => outcome === 'failed' || outcome === 'unreachable' || outcome === 'skipped');
  if (left.length > 0)
    cli.output.err(
      `warning: not in the plan, and left alone: ${left.map(({ name, outcome }) => `${name} (${outcome} then)`).join(', ')}\n`,
    );
  cli.output.err(
    `plan of ${run.startedAt}${run.user === undefined ? '' : ` by ${run.user}`}: ${approved.hosts.size} of ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}\n`,
  );
  return approved.hosts.size === 0 ? null : { project, approved };
}

/** When a plan was made, by whom, with what and of what. */
export function planOrigin({ report: { run } }: SavedPlan): string {
  const by = run.user === undefined ? '' : ` by ${run.user}`;
  return `${run.startedAt}${by}, drover ${run.drover}, ${revisionText(run.revision)}`;
}

function refuseFlags({ inventory, limit, tags, skipTags }: RunFlags, file: string): void {
  const given = [
    ...(inventory.length > 0 ? ['--inventory'] : []),
    ...(limit === undefined ? [] : ['--limit']),
    ...(tags.length > 0 ? ['--tags'] : []),
    ...(skipTags.length > 0 ? ['--skip-tags'] : []),
  ];
  if (given.length === 0) return;
  throw argumentProblem(
    `${file} is a saved plan, which has its own ${given.map((flag) => flag.slice(2)).join(' and ')}`,
    `leave out ${given.join(' and ')}`,
  );
}

function refuseDifferences(differences: readonly string[]): void {
  if (differences.length === 0) return;
  const hint = 'a plan is carried out as it was shown; make it anew';
  const isLast = (index: number): boolean => index === differences.length - 1;
  throw new InputProblems(
    differences.map((sentence, index) => diagnose('argument', `since the plan: ${sentence}`, { hint: isLast(index) ? hint : null })),
  );
}
