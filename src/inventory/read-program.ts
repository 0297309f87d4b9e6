import { diagnose } from '../errors/diagnose.ts';
import { isMapping, type VarValue } from '../model/host.ts';
import type { Draft } from './draft.ts';
import { type ProgramGroups, readProgramGroups } from './read-program-groups.ts';
import { readProgramVars } from './read-program-vars.ts';
import { runProgram } from './run-program.ts';

/** Calls of `--host` at the same time. */
const AT_ONCE = 8;
const SHOWN_LINES = 6;

/**
 * Runs an executable inventory with `--list` and adds what it prints to the draft; the vars of its hosts are those of `_meta.hostvars`, or where
 * it prints none what it prints for `--host NAME`.
 */
export async function readProgram(draft: Draft, file: string): Promise<void> {
  const list = await callProgram(draft, file, ['--list']);
  if (list === null) return;
  const groups = readProgramGroups(draft, file, list);
  if (groups.hostVars === null) await askEachHost(draft, file, groups);
  else for (const host of groups.hosts) readProgramVars(draft, { kind: 'host', name: host }, varsFromMeta(groups.hostVars, file, host));
}

function varsFromMeta(hostVars: { readonly [host: string]: VarValue }, file: string, host: string) {
  return { file, path: ['_meta', 'hostvars', host], value: Object.hasOwn(hostVars, host) ? (hostVars[host] ?? null) : null };
}

async function askEachHost(draft: Draft, file: string, { hosts }: ProgramGroups): Promise<void> {
  const answers = new Map<string, VarValue>();
  const waiting = [...hosts];
  const work = async (): Promise<void> => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
      const vars = await callProgram(draft, file, ['--host', host]);
      if (vars !== null) answers.set(host, vars);
      // One call that fails is reported; a thousand of them would only be waited for.
      else waiting.length = 0;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const host of hosts) {
    const value = answers.get(host) ?? null;
    readProgramVars(draft, { kind: 'host', name: host }, { file: `${file} --host ${host}`, path: [], value });
  }
}

/** The mapping that a call prints; null for a call that fails, which is reported. */
async function callProgram(draft: Draft, file: string, args: readonly string[]): Promise<{ readonly [name: string]: VarValue } | null> {
  const command = `${file} ${args.join(' ')}`;
  const report = (message: string, hint: string | null): null => {
    draft.problems.push(diagnose('inventory-script', message, { hint }));
    return null;
  };
  const outcome = await runProgram(file, args);
  if ('failed' in outcome) return report(`inventory program "${command}" ${outcome.failed}`, stderrHint(outcome.stderr));
  if (outcome.output.trim() === '') return report(`inventory program "${command}" printed nothing`, stderrHint(outcome.stderr));
  try {
    const printed: VarValue = JSON.parse(outcome.output);
    if (isMapping(printed)) return printed;
    return report(`inventory program "${command}" printed JSON that is no mapping`, 'it must print {"group": {"hosts": [...]}, ...}');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return report(`inventory program "${command}" printed something that is not JSON: ${why}`, stderrHint(outcome.stderr));
  }
}

function stderrHint(stderr: string | null): string | null {
  if (stderr === null) return null;
  const lines = stderr.trim().split('\n');
  if (lines[0] === '') return 'it said nothing on standard error';
  // The last lines of a traceback say what is wrong.
  return `it said: ${lines.slice(-SHOWN_LINES).join('\n    ')}`;
}
