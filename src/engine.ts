import { resolve } from 'node:path';
import { openDigestKey } from './digest-key.ts';
import type { CommandResult, FactsResult } from './execute/command.ts';
import { gatherFacts as gather, runCommand as runOnHosts } from './execute/command.ts';
import { explainSteps } from './execute/explain.ts';
import type { StopSignals } from './execute/prepare.ts';
import { type ExecuteOptions, startRun as executeRun, type PlannedRun } from './execute/run.ts';
import { explainParams } from './explain-params.ts';
import type { Work } from './fingerprint.ts';
import type { Wish } from './journal.ts';
import { journalled, openJournal, openUndoLog } from './keep-journal.ts';
import type { ExplainedStep, StepExplanation } from './model/explanation.ts';
import type { Become, Host } from './model/host.ts';
import type { Inspect } from './model/planned.ts';
import type { Ports } from './model/ports.ts';
import type { Questions } from './model/questions.ts';
import type { HostRecord, RunHeader } from './model/run.ts';
import type { Transport } from './model/transport.ts';
import { createPorts } from './ports.ts';
import { cacheDirectory, type Operator, type Project } from './project.ts';
import { FileReadHints } from './read-hints.ts';
import type { Redactor } from './report/redact.ts';
import { type Left, workLeft } from './resume.ts';
import { openHeader, ownerOf } from './run-header.ts';
import type { ApprovedPlan } from './saved-plan.ts';
import { workOf } from './saved-plan-work.ts';
import type { SshTransport } from './transport/ssh/ssh-transport.ts';
import type { UndoWork } from './undo-run.ts';

export type { CommandResult, FactsResult } from './execute/command.ts';
export type { StopSignals } from './execute/prepare.ts';
export type { PlannedRun } from './execute/run.ts';
export { fingerprint, newSalt } from './keep-journal.ts';
export {
  loadProject,
  moduleOptions,
  type Operator,
  openInventory,
  type Project,
  passwordProblems,
  reachProblems,
  roleDirectories,
} from './project.ts';

/** What a run is started with, besides the project. */
export interface RunOptions extends Pick<ExecuteOptions, 'forks' | 'emit' | 'stop'>, Pick<RunHeader, 'mode' | 'argv'> {
  /** Default: SSH and local. */
  readonly transport?: Transport;
  /** Carries out only what is left of an earlier run of this project. Default: all of it. */
  readonly resume?: Resume;
  /** Carries out only what a saved plan shows. Default: all of the project. */
  readonly approved?: ApprovedPlan;
  /** Puts back what an earlier run did: `project` is the work of the undo. Default: it is carried out as it is. */
  readonly undo?: Undoing;
  /** Looks at every host that was planned, and may refuse it. Default: what a saved plan says, else refuses none. */
  readonly inspect?: Inspect;
  /** Is told what the operator should know and what does not end the run. */
  readonly warn: (sentence: string) => void;
}

/** The run to go on with, and how. */
export interface Resume {
  readonly run: string;
  readonly wish: Wish;
  readonly left: Left;
  /** Runs that have ended: what they hold on hosts is taken over. */
  readonly instead: readonly string[];
}

/** The run to undo, and the steps that put back what it did. */
export interface Undoing extends Pick<UndoWork, 'assemble'> {
  readonly run: string;
  /** That run, where it was killed: what it holds on hosts is taken over. */
  readonly instead: readonly string[];
}

/** Connects, reads and plans all hosts; `apply` of the result carries the plan out. An apply keeps a journal. */
export async function startRun(project: Project, options: RunOptions): Promise<PlannedRun> {
  const { mode, argv, forks, stop, transport, resume, approved, undo, inspect = approved?.inspect } = options;
  const { cwd, playbook } = project.options;
  const { tasks, plays } = workWanted(project, options);
  const header = { ...(await openHeader(project, { mode, argv })), ...(undo === undefined ? {} : { undoes: undo.run }) };
  const redact = project.redactor.text;
  const hints = new FileReadHints(cacheDirectory(cwd), resolve(cwd, playbook), redact);
  const digest = openDigestKey(cwd)?.digest ?? null;
  // What an undo asks is no hint for the next run of the playbook.
  const made = createPorts(transport ?? (await systemTransport(project.options)).transport, {
    ...(undo === undefined ? { hints } : {}),
    digest,
    redact,
  });
  const ports = undo === undefined ? made : undoing(made, undo);
  const kept = mode === 'apply' ? { journal: openJournal(header, project, options), undoLog: openUndoLog(header, project, options) } : null;
  const emit = kept === null ? options.emit : kept.undoLog.follow(kept.journal.follow(options.emit));
  const run = await executeRun(tasks, {
    header,
    owner: ownerOf(project.options),
    instead: resume?.instead ?? undo?.instead ?? [],
    plays,
    forks,
    emit,
    stop,
    ports,
    inspect,
  });
  hints.save();
  return kept === null ? run : journalled(run, kept.journal, kept.undoLog);
}

function undoing(ports: Ports, { assemble }: Undoing): Ports {
  const { plan } = ports;
  return { ...ports, plan: { ...plan, assemblePlay: (...of) => assemble(...of) ?? plan.assemblePlay(...of) } };
}

function workWanted(project: Project, { resume, approved }: RunOptions): Work {
  if (resume !== undefined) return workLeft(project, resume.left);
  return approved === undefined ? project : workOf(project, approved);
}

/** What reaches hosts, and what settles whom to trust on the way before. */
export interface SystemTransport {
  readonly transport: Transport;
  readonly hostKeys: Pick<SshTransport, 'strangers' | 'record'>;
}

/** Who is talked to on the way to hosts. */
export interface Talk {
  /** null where nobody can be asked. */
  readonly questions: Questions | null;
  /** Tells the operator that something is to be done, such as touching a key. */
  readonly say: (sentence: string) => void;
}

const SILENT: Talk = { questions: null, say: () => {} };

/** SSH and local, loaded when a host is first to be reached. */
export async function systemTransport(operator: Operator, { questions, say }: Talk = SILENT): Promise<SystemTransport> {
  const [
    { createSshTransport },
    { SshRoutes },
    { createOpenSshTransport },
    { createLocalTransport },
    { selectTransport },
    { mergeEntries },
  ] = await Promise.all([
    import('./transport/ssh/ssh-transport.ts'),
    import('./transport/ssh/routes.ts'),
    import('./transport/openssh/openssh-transport.ts'),
    import('./transport/local/local-transport.ts'),
    import('./transport/select.ts'),
    import('./transport/ssh/host-key-ledger.ts'),
  ]);
  const ssh = createSshTransport(new SshRoutes(operator), { questions, keyPassphrase: operator.keyPassphrase ?? null });
  const openssh = createOpenSshTransport(operator, { say, knownHosts: ssh.knownHosts });
  return {
    transport: selectTransport({ ssh, openssh, local: createLocalTransport() }),
    hostKeys: {
      strangers: async (...of) => mergeEntries(await Promise.all([ssh.strangers(...of), openssh.strangers(...of)])),
      record: ssh.record,
    },
  };
}

/** How a step is explained. */
export interface ExplainOptions {
  /** Default: SSH and local. */
  readonly transport?: Transport;
  readonly stop: StopSignals;
  readonly isWanted: (id: string) => boolean;
}

/** Reads and plans one host of a project as a run does, and explains the steps that are wanted; the host's record where it cannot be planned, null where no play selects it. */
export async function explain(
  project: Project,
  host: string,
  { transport, stop, isWanted }: ExplainOptions,
): Promise<{ readonly steps: readonly ExplainedStep[]; readonly ids: readonly string[] } | HostRecord | null> {
  const task = project.tasks.find((each) => each.host.name === host);
  if (task === undefined) return null;
  const { redactor } = project;
  const ports = createPorts(transport ?? (await systemTransport(project.options)).transport, { redact: redactor.text });
  const context = { run: 'explain', owner: ownerOf(project.options), ports, beganMs: ports.now(), emit: () => {}, stop };
  const explained = await explainSteps(task, context, isWanted);
  if (!('ids' in explained)) return explained;
  const steps = explained.steps.map((each): ExplainedStep => {
    const step = withoutSecrets(each, redactor);
    const play = project.playbook[step.item.play];
    const uses = play?.roles.filter(({ role }) => role.name === step.item.role) ?? [];
    const { inventory } = project;
    return { ...step, uses: play === undefined ? [] : uses.map((use) => explainParams(use, play, { host: task.host, inventory })) };
  });
  return { ...explained, steps };
}

/** Values and contents that hold secrets go; texts are masked where they are written. */
function withoutSecrets(step: StepExplanation, { record }: Redactor): StepExplanation {
  const { facts, wants } = record({ facts: step.facts, wants: step.item.step.wants });
  return { ...step, record: record(step.record), facts, item: { ...step.item, step: { ...step.item.step, wants } } };
}

/** How a command or a gathering is carried out on many hosts. */
export interface HostsOptions {
  readonly operator: Operator;
  /** Hosts worked on at the same time. */
  readonly forks: number;
  readonly become: Become | null;
  readonly stop: StopSignals;
  /** Default: SSH and local. */
  readonly transport?: Transport;
}

/** Runs one command on many hosts; `onResult` is called as each ends. */
export async function runCommand(
  hosts: readonly Host[],
  command: readonly string[],
  options: HostsOptions & { readonly onResult?: (result: CommandResult) => void },
): Promise<readonly CommandResult[]> {
  return runOnHosts(hosts, command, { ...options, ports: await portsOf(options) });
}

/** Reads the base facts of many hosts. */
export async function gatherFacts(hosts: readonly Host[], options: HostsOptions): Promise<readonly FactsResult[]> {
  return gather(hosts, { ...options, ports: await portsOf(options) });
}

async function portsOf({ transport, operator }: HostsOptions): Promise<ExecuteOptions['ports']> {
  return createPorts(transport ?? (await systemTransport(operator)).transport);
}
