import { type BaseFacts, type FactRequest, type FactState, factId } from '../model/fact.ts';
import type { Become, Host } from '../model/host.ts';
import { type HostStep, levelOf } from '../model/planned.ts';
import type { Ports } from '../model/ports.ts';
import type { Reader } from '../model/transport.ts';

/** What a read needs: a session that can only read, and the stages' functions. */
export interface Reading {
  readonly host: Host;
  readonly reader: Reader;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

/** Base facts of every privilege level among the plays: one round trip each. */
export async function readBases(levels: readonly (Become | null)[], reading: Reading): Promise<Map<string, BaseFacts>> {
  const { host, reader, ports, signal } = reading;
  const bases = new Map<string, BaseFacts>();
  for (const become of levels) {
    if (bases.has(levelOf(become))) continue;
    const result = await reader.read(ports.facts.baseScript, { become, deadlineMs: host.connection.deadlines.readMs, signal });
    bases.set(levelOf(become), ports.facts.parseBase(result.stdout));
  }
  return bases;
}

/** One group of requests per privilege level; a fact that both levels ask for is read with the higher one. */
export function groupByLevel(items: readonly HostStep[], wanted: (request: FactRequest) => boolean): Map<Become | null, FactRequest[]> {
  const levels = new Map<string, Become | null>();
  const levelOfFact = new Map<string, string>();
  for (const { become, step } of items) {
    const level = levelOf(become);
    levels.set(level, become);
    for (const request of step.reads) if (become !== null || !levelOfFact.has(factId(request))) levelOfFact.set(factId(request), level);
  }
  const groups = new Map<Become | null, FactRequest[]>();
  for (const request of items.flatMap((item) => item.step.reads).filter(wanted)) {
    const become = levels.get(levelOfFact.get(factId(request)) ?? '') ?? null;
    pushTo(groups, become, request);
  }
  return groups;
}

/** Reads facts: one round trip per privilege level. */
export async function readFacts(
  groups: ReadonlyMap<Become | null, readonly FactRequest[]>,
  bases: ReadonlyMap<string, BaseFacts>,
  { host, reader, ports, signal }: Reading,
): Promise<Map<string, FactState>> {
  const facts = new Map<string, FactState>();
  for (const [become, requests] of groups) {
    const base = bases.get(levelOf(become));
    if (base === undefined || requests.length === 0) continue;
    const batch = ports.facts.compileRead(requests, base, ports.nonce());
    const result = await reader.read(batch.script, { become, deadlineMs: host.connection.deadlines.readMs, signal });
    for (const [id, state] of batch.parse(result.stdout)) facts.set(id, state);
  }
  return facts;
}

/** Adds a value to the group of a key. */
export function pushTo<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}
