import type { Action } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine } from '../shell/quote.ts';

/** Makes GRUB 2's entries from /etc/default/grub and /etc/default/grub.d (Debian's update-grub(8)). */
export function updateGrub(): CompiledAction {
  return { summary: 'update the entries of GRUB', script: 'exec update-grub' };
}

/**
 * Changes the arguments of every boot entry by grubby(8). Removing and adding are two calls: which of the two a single one does first
 * differs between grubby's versions.
 */
export function setKernelArguments({ remove, add }: Extract<Action, { kind: 'setKernelArguments' }>): CompiledAction {
  const grubby = (option: string, words: readonly string[]): string[] =>
    words.length === 0 ? [] : [commandLine(['grubby', '--update-kernel=ALL', `--${option}=${words.join(' ')}`])];
  const what = [...remove.map((name) => `-${name}`), ...add].join(' ');
  return { summary: `change the boot entries: ${what}`, script: [...grubby('remove-args', remove), ...grubby('args', add)].join('\n') };
}
