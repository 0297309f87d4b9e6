import type { Action } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { quote } from '../shell/quote.ts';
import { sysctlPath } from '../shell/sysctl.ts';

/** Sets a kernel parameter now: one write, as proc(5) asks for. */
export function setSysctl({ key, value }: Extract<Action, { kind: 'setSysctl' }>): CompiledAction {
  const path = quote(sysctlPath(key));
  return {
    summary: `set ${key} = ${value}`,
    script: `printf '%s\\n' ${quote(value)} >${path} || die ${quote(`the kernel refused ${key} = ${value}`)}`,
  };
}
