import { didYouMean } from '../errors/nearest.ts';
import { DEADLINE_KEYS } from '../inventory/connection-vars.ts';
import type { Deadlines } from '../model/host.ts';
import { argumentProblem } from './problem.ts';

const KEYS = new Map<string, keyof Deadlines>(Object.entries(DEADLINE_KEYS));

/** Adds one `WHAT=SECONDS` to the deadlines of the flags before it. Throws InputProblems. */
export function collectTimeout(value: string, earlier: Partial<Deadlines>): Partial<Deadlines> {
  const [, what = '', seconds] = /^([^=]*)=(.*)$/.exec(value) ?? [];
  if (seconds === undefined) throw argumentProblem(`--timeout: must be WHAT=SECONDS such as connect=5, found "${value}"`);
  const key = KEYS.get(what);
  const names = [...KEYS.keys()];
  if (key === undefined)
    throw argumentProblem(`--timeout: there is no wait "${what}"`, didYouMean(what, names) ?? `waits are ${names.join(', ')}`);
  const number = /^\d+(?:\.\d+)?$/.test(seconds) ? Number(seconds) : 0;
  if (number <= 0 || number > 86_400)
    throw argumentProblem(`--timeout: ${what} needs seconds above 0 and at most 86400, found "${seconds}"`);
  return { ...earlier, [key]: Math.round(number * 1000) };
}
