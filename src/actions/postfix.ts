import type { CompiledAction } from '../model/ports.ts';
import type { SetPostfix } from '../model/postfix-action.ts';
import { commandLine } from '../shell/quote.ts';

/** Sets a parameter by `postconf -e`, which writes main.cf anew and renames it in place (postconf(1)); Postfix does not read it by that alone. */
export function setPostfix({ parameter, value }: SetPostfix): CompiledAction {
  return { summary: `set ${parameter} of Postfix`, script: commandLine(['postconf', '-e', `${parameter} = ${value}`]) };
}
