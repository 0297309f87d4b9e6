import type { Action } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';

/** Loads a module; modprobe(8) succeeds where it is loaded or built in. */
export function loadModule({ name }: Extract<Action, { kind: 'loadModule' }>): CompiledAction {
  return { summary: `load the module ${name}`, script: commandLine(['modprobe', name]) };
}

/** Unloads this module and no other (`modprobe -r` takes what it used along); nothing where it is not loaded. */
export function unloadModule({ name }: Extract<Action, { kind: 'unloadModule' }>): CompiledAction {
  return {
    summary: `unload the module ${name}`,
    script: `! grep -q ${quote(`^${name} `)} /proc/modules || ${commandLine(['rmmod', name])}`,
  };
}
