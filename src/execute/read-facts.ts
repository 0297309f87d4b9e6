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

/** What the first round trips brought, by privilege level. */
export interface FirstFacts {
  readonly bases: ReadonlyMap<string, BaseFacts>;
  readonly facts: Map<string, FactState>;
  readonly answered: ReadonlyMap<string, readonly FactRequest[]>;
}

/** Base facts of every privilege level among the plays, and with them what the last run asked: one round trip each. */
export async function readFirst(levels: readonly (Become | null)[], { host, reader, ports, signal }: Reading): Promise<FirstFacts> {
  const bases = new Map<string, BaseFacts>();
  const answered = new Map<string, readonly FactRequest[]>();
  const facts = new Map<string, FactState>();
  for (const become of levels) {
    const level = levelOf(become);
    if (bases.has(level)) continue;
    const first = ports.facts.compileFirstRead(ports.hints.get(host.name, level), ports.nonce());
    const result = await reader.read(first.script, { become, deadlineMs: host.connection.deadlines.readMs, signal });
    const found = first.parse(result.stdout);
    bases.set(level, found.base);
    answered.set(level, found.answered);
    for (const [id, state] of found.facts) facts.set(id, state);
  }
  return { bases, facts, answered };
}

/** All facts that the steps look at: what the first round trips did not bring is asked for now, and all of it the next time at once. */
export async function readRest(
  items: readonly HostStep[],
  { bases, facts, answered }: FirstFacts,
  reading: Reading,
): Promise<Map<string, FactState>> {
  const { host, ports } = reading;
  const groups = groupByLevel(items, () => true);
  const open = new Map<Become | null, FactRequest[]>();
  for (const [become, requests] of groups) {
    const level = levelOf(become);
    const base = bases.get(level);
    if (base !== undefined) ports.hints.set(host.name, level, { base, requests: ports.facts.unanswered(requests, []) });
    open.set(become, ports.facts.unanswered(requests, answered.get(level) ?? []));
  }
  const rest = await readFacts(open, bases, reading);
  return new Map([...facts, ...rest]);
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
