import { dirname } from 'node:path';
import { loadProject, openInventory, type Project, passwordProblems, reachProblems } from '../engine.ts';
import { didYouMean } from '../errors/nearest.ts';
import { type Journal, recordedRuns } from '../journal.ts';
import { type Host, passwordsOf } from '../model/host.ts';
import type { Run } from '../model/run.ts';
import { visitedHosts } from '../project-rollout.ts';
import { readUndoLog, undoLogFile } from '../undo-log.ts';
import { changedHosts, countLeftAlone, type UndoWork, undoWork } from '../undo-run.ts';
import type { ApplyWork, WorkFlags } from './apply-work.ts';
import type { Cli } from './cli.ts';
import { findEndedApply } from './earlier-run.ts';
import { inventoryFiles, readOperator } from './operator.ts';
import { argumentProblem, InputProblems } from './problem.ts';

/** Flags of undo. */
export interface UndoFlags extends WorkFlags {
  /** Names of hosts; none: all of the run. */
  readonly host: readonly string[];
  readonly overwrite?: true;
}

/** The work that undoes a run, said on standard error; null where there is none. Throws InputProblems where it cannot be undone. */
export async function openUndo(named: string, flags: UndoFlags, cli: Cli): Promise<ApplyWork | null> {
  const { io, output } = cli;
  const { journal, killed } = findEndedApply(named, io.cwd);
  const { id } = journal.header;
  const entries = readUndoLog(undoLogFile(io.cwd, id));
  if (entries === null || entries.length === 0) {
    output.err(`run ${id} changed nothing that was kept: nothing to undo\n${otherRun(io.cwd)}`);
    return null;
  }
  refuseUnknownHosts(flags.host, changedHosts(entries), id);
  const opened = await openWorkplace(journal, flags, cli);
  const warn = { sink: (sentence: string): void => output.err(`warning: ${sentence}\n`) };
  const work = undoWork({
    entries,
    events: journal.events,
    project: opened.isWhole ? opened.project : null,
    hosts: opened.hosts,
    only: flags.host.length === 0 ? null : flags.host,
    isOverwriting: flags.overwrite === true,
    warn: (sentence) => warn.sink(sentence),
  });
  tell(work, { journal, flags, isWhole: opened.isWhole }, cli);
  if (work.tasks.length === 0) return null;
  return {
    project: await projectOf(work, opened.project),
    part: { undo: { run: id, instead: killed, assemble: work.assemble } },
    onSession: (session) => {
      warn.sink = session.warn;
    },
    advise,
  };
}

/** The run that was meant may be the one before, such as where `last` was declined. */
function otherRun(cwd: string): string {
  const id = recordedRuns(cwd).findLast((each) => (readUndoLog(undoLogFile(cwd, each)) ?? []).length > 0);
  return id === undefined ? '' : `the last run that did is ${id}: drover undo ${id}\n`;
}

function advise(plan: Run): string | null {
  const left = countLeftAlone(plan);
  if (left === 0) return null;
  return `What somebody has changed since the run is left alone in ${left} ${left === 1 ? 'step' : 'steps'}; --overwrite puts it back as well.`;
}

function refuseUnknownHosts(wanted: readonly string[], changed: readonly string[], id: string): void {
  const unknown = wanted.find((name) => !changed.includes(name));
  if (unknown === undefined) return;
  const offer = didYouMean(unknown, changed) ?? `it changed ${changed.slice(0, 5).join(', ')}${changed.length > 5 ? ' and others' : ''}`;
  throw argumentProblem(`run ${id} changed nothing on host "${unknown}"`, offer);
}

interface Workplace {
  readonly project: Project;
  /** All that may be worked on: of the inventory, and made up for visits. */
  readonly hosts: readonly Host[];
  /** The playbook is there, too. */
  readonly isWhole: boolean;
}

/** The inventory of the run, or the given one, and the playbook where it can still be loaded. Throws InputProblems where hosts cannot be found. */
async function openWorkplace({ header }: Journal, flags: UndoFlags, cli: Cli): Promise<Workplace> {
  const { playbook, limit, tags, skipTags } = header;
  const inventory = flags.inventory.length > 0 ? inventoryFiles(flags, cli.io) : header.inventory;
  const options = { ...(await readOperator(flags, cli)), playbook, inventory, limit, tags, skipTags };
  const loaded = await loadProject(options);
  if (loaded.value !== null) {
    const { inventory: known, plays } = loaded.value;
    const visited = plays.flatMap(({ rollout }) => visitedHosts(rollout));
    return {
      project: loaded.value,
      hosts: [...new Map([...visited, ...known.hosts].map((host) => [host.name, host])).values()],
      isWhole: true,
    };
  }
  const hosts = await openInventory(inventory, options, dirname(playbook));
  if (hosts.problems.length > 0) throw new InputProblems(hosts.problems);
  const rollouts = header.fingerprint.plays.filter(({ rollout }) => rollout !== null);
  if (rollouts.length > 0) throw new InputProblems(loaded.problems);
  cli.output.err(`warning: ${playbook} cannot be loaded as it was: ${loaded.problems[0]?.message ?? ''}; handlers are not known\n`);
  const project = { options, inventory: hosts.value, tasks: [], hosts: [], plays: [], playbook: [], redactor: cli.output.redactor };
  return { project, hosts: hosts.value.hosts, isWhole: false };
}

async function projectOf({ tasks, plays }: UndoWork, project: Project): Promise<Project> {
  const visited = plays.flatMap(({ rollout }) => visitedHosts(rollout));
  const hosts = [...new Set([...tasks.map(({ host }) => host), ...visited])];
  const problems = reachProblems(project.inventory, hosts, project.options);
  if (problems.length > 0) throw new InputProblems(problems);
  const missing = await passwordProblems(hosts);
  if (missing.length > 0) throw new InputProblems(missing);
  project.redactor.learn(hosts.flatMap(passwordsOf));
  return { ...project, tasks, plays, hosts };
}

interface Telling {
  readonly journal: Journal;
  readonly flags: UndoFlags;
  readonly isWhole: boolean;
}

/** What is undone, and what of it is not to be found any more. */
function tell({ tasks, missing, lacksPlays }: UndoWork, { journal: { header }, flags, isWhole }: Telling, { output }: Cli): void {
  const { id, startedAt, playbook, user } = header;
  const what = header.undoes === undefined ? `apply of ${playbook}` : `undo of run ${header.undoes}`;
  output.err(
    `undoing run ${id}: ${what} at ${startedAt}${user === undefined ? '' : ` by ${user}`}, on ${tasks.length} ${tasks.length === 1 ? 'host' : 'hosts'}\n`,
  );
  if (missing.length > 0) {
    const sentence = `not in the inventory any more: ${missing.join(', ')}`;
    if (flags.host.length > 0) throw argumentProblem(sentence, 'name the inventory that has it with -i');
    output.err(`warning: ${sentence}; left alone\n`);
  }
  for (const name of isWhole ? lacksPlays : [])
    output.err(
      `warning: play ${JSON.stringify(name)} is not as it was: its hosts are undone all at once, and its handlers are not known\n`,
    );
}
