import type { Command, CommanderError } from 'commander';
import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

/** A mistake that commander found in the arguments, as a diagnostic with the nearest flag or command. */
export function flagProblem(error: CommanderError, argv: readonly string[], program: Command): Diagnostic {
  const parent = program.commands.find((candidate) => argv.includes(candidate.name())) ?? program;
  const own = parent === program ? undefined : parent.commands.find((candidate) => argv.includes(candidate.name()));
  const command = own ?? parent;
  const named = ['drover', ...(parent === program ? [] : [parent.name()]), ...(own === undefined ? [] : [own.name()])].join(' ');
  const help = `${named} --help shows what it takes`;
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownOption':
      return unknownFlag(quoted, { command, named, help });
    case 'commander.unknownCommand': {
      const names = program.commands.map((candidate) => candidate.name());
      return problem(`there is no command "${quoted}"`, didYouMean(quoted, names) ?? help);
    }
    case 'commander.missingArgument':
      return problem(`${named} needs ${quoted}`, help);
    case 'commander.optionMissingArgument':
      return problem(`${quoted.replace(/ <.*/, '')} needs a value`, help);
    case 'commander.excessArguments':
      return problem(`too many arguments for ${named}`, help);
    case 'commander.invalidArgument':
      return problem(invalidValue(error.message), help);
    default:
      return problem(error.message.replace(/^error: /, ''), help);
  }
}

interface Context {
  readonly command: Command;
  readonly named: string;
  readonly help: string;
}

function unknownFlag(flag: string, { command, named, help }: Context): Diagnostic {
  if (command.name() === 'run') {
    return problem(`${named} has no flag ${flag}`, `put -- before the command: ${named} PATTERN -- COMMAND`);
  }
  const flags = command.options.flatMap(({ short, long }) => [long, short].filter((name) => name !== undefined));
  return problem(`${named} has no flag ${flag}`, didYouMean(flag, flags) ?? help);
}

/** From `error: option '--forks <n>' argument 'x' is invalid. It must be …` */
function invalidValue(message: string): string {
  const [, flag = '', value = '', why = ''] = /'([^' ]*)[^']*' argument '([^']*)' is invalid\. ?([\s\S]*)/.exec(message) ?? [];
  return flag === '' ? message.replace(/^error: /, '') : `${flag.replace(/,$/, '')}: ${why}, found "${value}"`;
}

function problem(message: string, hint: string): Diagnostic {
  return diagnose('argument', message, { hint });
}
