import type { Action } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';

/** Longest part of a command line that a summary shows, in characters. */
const SHOWN = 120;

/** Runs one command; `exec` keeps the script's own functions from being taken for it. */
export function command({ command: argv, directory, deadlineMs }: Extract<Action, { kind: 'command' }>): CompiledAction {
  const line = commandLine(argv).replaceAll('\n', ' ');
  const script = [...(directory === undefined ? [] : [`cd ${quote(directory)}`]), `exec ${commandLine(argv)}`].join('\n');
  return { summary: `run ${line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line}`, script, deadlineMs };
}
