import type { BaseFacts, FactRequest, FactState } from '../model/fact.ts';
import type { FirstRead, ReadHint } from '../model/ports.ts';
import { BASE_SCRIPT, parseBase } from './base.ts';
import { compileRead, mergeRequests, splitAt } from './batch.ts';

/**
 * The first script for a host: the base facts, and with them what the last run wanted to know, so that a run of the same playbook needs
 * one round trip. Facts are always read anew; only the questions are remembered (guards are not: they are commands, and the playbook may
 * no longer want them run).
 */
export function compileFirstRead(hint: ReadHint | null, nonce: string): FirstRead {
  const asked = hint === null ? [] : hint.requests;
  const batch = hint === null || asked.length === 0 ? null : compileRead(asked, hint.base, nonce);
  return {
    script: { kind: 'read', text: `${BASE_SCRIPT.text}${batch?.script.text ?? ''}` },
    parse(stdout) {
      const base = parseBase(splitAt(stdout, nonce)[0] ?? stdout);
      const usable = batch !== null && hint !== null && isReadAlike(base, hint.base);
      return { base, answered: usable ? asked : [], facts: usable ? batch.parse(stdout) : new Map<string, FactState>() };
    },
  };
}

/** What is left to ask: the requests, merged, but those that were answered in the same form. */
export function unanswered(requests: readonly FactRequest[], answered: readonly FactRequest[]): FactRequest[] {
  const merged = mergeRequests(requests);
  if (answered.length === 0) return merged;
  const known = keysOf(answered);
  return merged.filter((request) => !known.has(requestKey(request)));
}

/** Hosts with the same questions share one list, so its keys are made once. */
const keysByList = new WeakMap<readonly FactRequest[], ReadonlySet<string>>();

function keysOf(requests: readonly FactRequest[]): ReadonlySet<string> {
  const keys = keysByList.get(requests) ?? new Set(requests.map(requestKey));
  keysByList.set(requests, keys);
  return keys;
}

/** Says what is asked and in which form. */
function requestKey({ kind, key, content, candidate }: FactRequest): string {
  const form = content === undefined ? '' : content === 'always' ? '-' : content.unless;
  return `${kind} ${form} ${candidate === true ? '+' : ''} ${key}`;
}

/** True where readers write the same script for both: they look at the system, not at its names and addresses. */
function isReadAlike(a: BaseFacts, b: BaseFacts): boolean {
  const system = ({ os, init, packageManager, busybox, kernel, as }: BaseFacts): string =>
    JSON.stringify([os, init, packageManager, busybox, kernel.name, as.uid]);
  return system(a) === system(b);
}
