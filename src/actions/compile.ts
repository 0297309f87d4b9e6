import type { Action } from '../model/action.ts';
import type { BaseFacts } from '../model/fact.ts';
import { writeFile } from './write-file.ts';

/** An action as `sh`, with the line that names it in progress and failures. */
export interface CompiledAction {
  /** One line in plain words: `write /etc/motd (120 bytes)`. */
  readonly summary: string;
  /** Runs in a subshell under `set -eu`, standard input closed, both outputs kept. May use the functions of `prelude.ts`. */
  readonly script: string;
  /** Longest wait for its end, in milliseconds; undefined: the host's action deadline. */
  readonly deadlineMs?: number | undefined;
}

/** Compiles an action for a host with these base facts (package manager, init system, busybox). */
export function compileAction(action: Action, base: BaseFacts): CompiledAction {
  switch (action.kind) {
    case 'writeFile':
      return writeFile(action);
    default:
      throw new Error(`no compiler for ${action.kind} on ${base.os.name}`);
  }
}
