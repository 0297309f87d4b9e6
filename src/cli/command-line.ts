import { type Command, CommanderError } from 'commander';
import { EXIT } from '../errors/exit-code.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Cli } from './cli.ts';
import { flagProblem } from './flag-problem.ts';
import type { Io } from './io.ts';
import { createOutput, type Output } from './output.ts';
import { Cancelled, InputProblems } from './problem.ts';
import { createProgram } from './program.ts';

/** Runs the command with these arguments (without node and the script) and resolves to its exit code. Never rejects. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const output = createOutput(io);
  const exitCode = await runCommand(argv, io, output);
  const lost = await output.lost();
  if (lost === null) return exitCode;
  output.err(`the output could not be written: ${lost}\n`);
  return exitCode === EXIT.interrupted || exitCode === EXIT.terminated ? exitCode : EXIT.defect;
}

async function runCommand(argv: readonly string[], io: Io, output: Output): Promise<number> {
  let exitCode: number = EXIT.ok;
  const cli: Cli = {
    io,
    output,
    argv,
    finish: (code) => {
      exitCode = code;
    },
  };
  const program = createProgram(cli);
  try {
    await program.parseAsync(asHelpFlag(argv, program), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof Cancelled) return error.exitCode;
    if (error instanceof InputProblems) return wrongInput(error.problems, output);
    if (!(error instanceof CommanderError)) return defect(error, { argv, io, output });
    if (error.exitCode === 0) return EXIT.ok;
    return error.code === 'commander.help' ? EXIT.input : wrongInput([flagProblem(error, argv, program)], output);
  }
}

/** `help history prune` as `history prune --help`; a command that there is not as it stands, so that it is refused. */
function asHelpFlag(argv: readonly string[], program: Command): string[] {
  const [first, ...names] = argv;
  if (first !== 'help' || names.length === 0) return [...argv];
  const found: string[] = [];
  let command: Command | undefined = program;
  for (const name of names) {
    command = command.commands.find((each) => each.name() === name);
    if (command === undefined) break;
    found.push(name);
  }
  return found.length === 0 ? names.slice(0, 1) : [...found, '--help'];
}

async function wrongInput(problems: readonly Diagnostic[], output: Output): Promise<number> {
  const { renderProblems } = await import('../report/diagnostics.ts');
  output.err(renderProblems(problems, output.colours.err));
  return EXIT.input;
}

function defect(error: unknown, { argv, io, output }: Pick<Cli, 'argv' | 'io' | 'output'>): number {
  const wantsStack = argv.some((word) => /^-v+$/.test(word)) || argv.includes('--verbose') || (io.env.DROVER_DEBUG ?? '') !== '';
  const text = error instanceof Error ? ((wantsStack ? error.stack : undefined) ?? error.message) : String(error);
  const more = wantsStack ? '' : '\nDROVER_DEBUG=1 shows where it happened.';
  output.err(`drover met a defect of its own: ${text}\nPlease report it, with the command and this text.${more}\n`);
  return EXIT.defect;
}
