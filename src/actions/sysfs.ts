import type { Action } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { quote } from '../shell/quote.ts';

/** Writes an attribute below /sys, by one write(2) as the kernel expects it (sysfs.rst). */
export function setSysfs({ path, value }: Extract<Action, { kind: 'setSysfs' }>): CompiledAction {
  return {
    summary: `set ${path} to ${value}`,
    script: [
      `[ -f ${quote(path)} ] || die ${quote(`${path} is not there any more; plan again`)}`,
      `printf '%s\\n' ${quote(value)} >${quote(path)} || die ${quote(`the kernel refused ${value} for ${path}`)}`,
    ].join('\n'),
  };
}
