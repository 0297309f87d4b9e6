import { ANY, type FactRequest, type FactView } from '../model/fact.ts';
import type { Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import { commandLine, quote } from '../shell/quote.ts';
import { type Command, checkCommand, lineOf } from './command-words.ts';
import { refuse } from './regular-file.ts';
import { checkPath, makeStep, StepArgumentError } from './step.ts';

/** A command and what says whether it has to run. At least one of creates, unless, onlyIf, or readOnly or always alone, is required. */
export interface CommandOptions extends StepOptions {
  /** The command: words as they are (no shell), or a line for `sh -c`. */
  readonly command: Command;
  /** Path that the command makes: it runs only while nothing is there, and fails when nothing is there afterwards. */
  readonly creates?: string | undefined;
  /** Read-only command: runs while reading; when it succeeds there is nothing to do. It must succeed after the command ran. */
  readonly unless?: Command | undefined;
  /**
   * Read-only command: runs while reading; only when it succeeds is there something to do. Alone it must fail after the command ran,
   * or the command would run at every apply; beside `creates` or `unless` it is a condition that may stay true.
   */
  readonly onlyIf?: Command | undefined;
  /** The command only reads: it runs while reading, also in plans; its output is noted. Refused when it fails. Default: false. */
  readonly readOnly?: boolean | undefined;
  /** For handlers: it runs whenever it is notified. Default: false. */
  readonly always?: boolean | undefined;
  /** Directory in which the command and its guards run. Default: the login directory. */
  readonly directory?: string | undefined;
  /** Longest run of the command, in milliseconds. Default: the host's action deadline (300 000). */
  readonly deadlineMs?: number | undefined;
  /** `[]` says that no later step looks at what the command changes. Default: anything may have changed, and later steps are decided after it. */
  readonly affects?: readonly [] | undefined;
  /** Short name for reports, unique in the role. Default: the command line. */
  readonly name?: string | undefined;
}

/** A command that runs only where its guards say so. Cannot be undone. Throws StepArgumentError without a guard. */
export function command(options: CommandOptions): Step {
  const argv = checkCommand('command: command', options.command);
  const directory = options.directory === undefined ? undefined : checkPath('command', options.directory);
  const creates = options.creates === undefined ? undefined : checkPath('command', options.creates);
  checkOptions(options);
  const line = typeof options.command === 'string' ? options.command : commandLine(argv);
  const within = (guard: Command): string => (directory === undefined ? lineOf(guard) : `cd ${quote(directory)} && {\n${lineOf(guard)}\n}`);
  const desired: Desired = {
    line,
    argv,
    directory,
    creates,
    unless: options.unless === undefined ? undefined : within(options.unless),
    onlyIf: options.onlyIf === undefined ? undefined : `! (\n${within(options.onlyIf)}\n)`,
    readOnly: options.readOnly === true ? within(options.command) : undefined,
    deadlineMs: options.deadlineMs,
    quiet: options.affects !== undefined,
  };
  return makeStep(
    {
      kind: 'command',
      subject: options.name ?? line,
      reads: readsOf(desired),
      wants: desired.readOnly === undefined ? [{ field: 'run', after: line }] : [],
      plan: (facts) => (desired.readOnly === undefined ? planCommand(desired, facts) : planReadOnly(desired.readOnly, facts)),
    },
    options,
  );
}

function checkOptions(options: CommandOptions): void {
  const { unless, onlyIf, affects, deadlineMs } = options;
  if (unless !== undefined) checkCommand('command: unless', unless);
  if (onlyIf !== undefined) checkCommand('command: onlyIf', onlyIf);
  checkGuards(options);
  if (affects !== undefined && (!Array.isArray(affects) || affects.length > 0))
    throw new StepArgumentError('command: affects can only be []');
  if (deadlineMs !== undefined && !(deadlineMs > 0)) throw new StepArgumentError('command: deadlineMs must be more than 0');
}

/** Exactly one way of saying when it runs: guards, `readOnly` or `always`. */
function checkGuards({ creates, unless, onlyIf, readOnly, always }: CommandOptions): void {
  const guarded = [creates, unless, onlyIf].some((guard) => guard !== undefined);
  if (readOnly === true && (guarded || always === true)) {
    throw new StepArgumentError('command: readOnly goes without creates, unless, onlyIf and always');
  }
  if (always === true && guarded) throw new StepArgumentError('command: always goes without creates, unless and onlyIf');
  if (readOnly === true || always === true || guarded) return;
  throw new StepArgumentError(
    'command: say when it has to run: creates, unless or onlyIf; readOnly: true where it changes nothing; always: true in a handler',
  );
}

/** Guards are `sh` lines that succeed when there is nothing to do. */
interface Desired {
  readonly line: string;
  readonly argv: readonly string[];
  readonly directory: string | undefined;
  readonly creates: string | undefined;
  readonly unless: string | undefined;
  readonly onlyIf: string | undefined;
  readonly readOnly: string | undefined;
  readonly deadlineMs: number | undefined;
  readonly quiet: boolean;
}

function readsOf({ creates, unless, onlyIf, readOnly }: Desired): FactRequest[] {
  const guards = [unless, onlyIf, readOnly].filter((key) => key !== undefined);
  return [
    ...(creates === undefined ? [] : [{ kind: 'file' as const, key: creates }]),
    ...guards.map((key) => ({ kind: 'guard' as const, key })),
  ];
}

function planCommand(desired: Desired, facts: FactView): StepPlan {
  const { line, argv, directory, creates, unless, onlyIf, deadlineMs, quiet } = desired;
  if (creates !== undefined && facts.get('file', creates).type !== 'absent') return { result: 'ok' };
  if (unless !== undefined && facts.get('guard', unless).exitCode === 0) return { result: 'ok' };
  if (onlyIf !== undefined && facts.get('guard', onlyIf).exitCode === 0) return { result: 'ok' };
  return {
    result: 'change',
    changes: [{ field: 'run', before: null, after: line }],
    predicted: predictionsOf(desired),
    actions: [{ kind: 'command', command: argv, directory, deadlineMs }],
    cloud: quiet ? 'nothing' : 'everything',
    irreversible: 'a command',
  };
}

/** What must hold afterwards, so that a second apply runs nothing. */
function predictionsOf({ creates, unless, onlyIf, quiet }: Desired): Prediction[] {
  const holds = (key: string): Prediction => ({ kind: 'guard', key, value: { exitCode: 0, output: ANY } });
  const alone = creates === undefined && unless === undefined;
  return [
    ...(creates === undefined ? [] : [holds(`[ -e ${quote(creates)} ] || [ -L ${quote(creates)} ]`)]),
    // Without the cloud the path would still count as absent for later steps.
    ...(creates === undefined || !quiet ? [] : [somethingAt(creates)]),
    ...(unless === undefined ? [] : [holds(unless)]),
    ...(onlyIf === undefined || !alone ? [] : [holds(onlyIf)]),
  ];
}

function somethingAt(key: string): Prediction {
  return { kind: 'file', key, value: { type: ANY } };
}

function planReadOnly(key: string, facts: FactView): StepPlan {
  const { exitCode, output } = facts.get('guard', key);
  const said = output.trim();
  if (exitCode === 0) return said === '' ? { result: 'ok' } : { result: 'ok', note: said };
  return refuse(`exit status ${exitCode}${said === '' ? '' : `: ${said}`}`);
}
