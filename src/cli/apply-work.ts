import type { Project, RunOptions } from '../engine.ts';
import { exitCode } from '../errors/exit-code.ts';
import type { PlannedRun } from '../execute/run.ts';
import type { Run } from '../model/run.ts';
import { canAsk, confirm } from './ask.ts';
import type { Cli } from './cli.ts';
import type { RunFlags } from './flags.ts';
import { argumentProblem } from './problem.ts';
import { openSession, type Session } from './run-session.ts';

/** Flags of commands that change hosts. */
export interface WorkFlags extends RunFlags {
  readonly yes?: true;
}

/** What is to be carried out. */
export interface ApplyWork {
  readonly project: Project;
  /** Which part of it, or in place of what. */
  readonly part: Pick<RunOptions, 'resume' | 'approved' | 'undo'>;
  /** Called before any host is contacted. */
  readonly onSession?: (session: Session) => void;
  /** What is said of the plan before it is carried out, as a sentence; null: nothing. */
  readonly advise?: (plan: Run) => string | null;
}

/** Refuses, before anything is loaded, where nobody can be asked and nobody need be. */
export function refuseUnasked({ yes }: WorkFlags, command: string, { io }: Cli): void {
  if (yes === true || canAsk(io)) return;
  throw argumentProblem(
    `${command} asks before it changes anything, and there is no terminal to ask at`,
    `add --yes to ${command} without a question`,
  );
}

/** Plans, asks, carries out and reports. Returns the exit code. */
export async function applyWork({ project, part, onSession, advise }: ApplyWork, flags: WorkFlags, cli: Cli): Promise<number> {
  const [{ startRun }, { openTransport }] = await Promise.all([import('../engine.ts'), import('./reach.ts')]);
  const session = openSession(project, flags, cli);
  const { live, stopper, questions, warn } = session;
  try {
    onSession?.(session);
    const transport = await openTransport(project.hosts, project.options, { cli, questions, say: live.say, signal: stopper.signals.soft });
    live.start(true);
    const run = await startRun(project, {
      mode: 'apply',
      argv: cli.argv,
      forks: flags.forks,
      emit: live.emit,
      stop: stopper.signals,
      transport,
      warn,
      ...part,
    });
    try {
      live.stop();
      return await decide(run, { flags, cli, session, advice: advise?.(run.plan) ?? null });
    } finally {
      await run.close();
    }
  } finally {
    session.close();
  }
}

interface Applying {
  readonly flags: WorkFlags;
  readonly cli: Cli;
  readonly session: Session;
  readonly advice: string | null;
}

/** Applies the plan if there is something to apply and the user wants it. Returns the exit code. */
async function decide(run: PlannedRun, applying: Applying): Promise<number> {
  const { plan } = run;
  const { flags, cli, session, advice } = applying;
  const reportFile = await session.save(plan);
  if (plan.interrupted !== null || changesOf(plan).steps === 0) {
    session.show(plan, 'plan', reportFile);
    tellUnchanged(plan, applying);
    return plan.exitCode;
  }
  if (flags.yes !== true && !(await isWanted(plan, applying))) return decline(plan, applying);
  if (flags.yes === true && advice !== null) cli.output.err(`${advice}\n`);
  session.live.start(false);
  const result = await run.apply();
  session.live.stop();
  session.show(result, 'result', await session.save(result));
  return result.exitCode;
}

function tellUnchanged({ interrupted, exitCode: code }: Run, { cli: { output }, advice }: Applying): void {
  if (interrupted !== null) return;
  output.err(code === 0 ? 'Nothing to change.\n' : 'Nothing was changed.\n');
  if (advice !== null) output.err(`${advice}\n`);
}

async function isWanted(plan: Run, { flags, cli, session, advice }: Applying): Promise<boolean> {
  const { output } = cli;
  const text = session.text(plan, 'plan', null);
  if (flags.json === true) output.err(text);
  else output.out(text);
  if (advice !== null) output.err(`\n${advice}\n`);
  const { hosts } = changesOf(plan);
  return confirm(`\nApply these changes to ${hosts} host${hosts === 1 ? '' : 's'}?`, cli, session.stopper.signals.soft);
}

/** Ends without a change; a signal at the question goes into the report. */
async function decline(plan: Run, { flags, cli, session }: Applying): Promise<number> {
  const interrupted = session.stopper.signal();
  const run: Run = interrupted === null ? plan : { ...plan, interrupted, exitCode: exitCode({ interrupted }) };
  const reportFile = await session.save(run);
  cli.output.err('Nothing was changed.\n');
  if (flags.json === true) session.show(run, 'plan', reportFile);
  return run.exitCode;
}

function changesOf({ hosts }: Run): { readonly hosts: number; readonly steps: number } {
  const changing = hosts.filter(({ outcome }) => outcome === 'changed');
  return { hosts: changing.length, steps: changing.flatMap(({ steps }) => steps).filter(({ outcome }) => outcome === 'changed').length };
}
