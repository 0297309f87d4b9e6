import { commandLine } from '../shell/quote.ts';
import { StepArgumentError } from './step.ts';

/** A command as a list of words, or as a line for `sh -c`. */
export type Command = string | readonly string[];

/** The words of a command. Throws where it is neither a line nor a list of words; `what` names the step and the option. */
export function checkCommand(what: string, value: unknown): readonly string[] {
  const words: readonly unknown[] = typeof value === 'string' ? ['sh', '-c', value] : Array.isArray(value) ? value : [];
  const strings = words.filter((word): word is string => typeof word === 'string' && !word.includes('\0'));
  if (value !== '' && words.length > 0 && strings.length === words.length && strings[0] !== '') return strings;
  throw new StepArgumentError(`${what} ${JSON.stringify(value)} must be a line for sh, or a list of words`);
}

/** A command as one line for `sh`: the key of a guard. */
export function lineOf(value: Command): string {
  return typeof value === 'string' ? value : commandLine(value);
}
