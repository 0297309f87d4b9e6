import { type BaseFacts, type FactRequest, type FactState, factId } from '../model/fact.ts';
import type { Become, Host } from '../model/host.ts';
import { type HostStep, levelOf, noticeKey } from '../model/planned.ts';
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

/** Base facts of every privilege level of the steps, anew: one round trip each. */
export async function readBases(items: readonly HostStep[], { host, reader, ports, signal }: Reading): Promise<Map<string, BaseFacts>> {
  const bases = new Map<string, BaseFacts>();
  for (const { become } of items) {
    if (bases.has(levelOf(become))) continue;
    const result = await reader.read(ports.facts.baseScript, { become, deadlineMs: host.connection.deadlines.readMs, signal });
    bases.set(levelOf(become), ports.facts.parseBase(result.stdout));
  }
  return bases;
}

/** All facts that the steps look at: what the first round trips did not bring is asked for now, and all of it the next time at once. */
export async function readRest(
  items: readonly HostStep[],
  { bases, facts, answered }: FirstFacts,
  reading: Reading,
): Promise<Map<string, FactState>> {
  const { host, ports } = reading;
  const open: Groups = new Map();
  for (const [level, { become, requests }] of groupByLevel(items, () => true)) {
    const base = bases.get(level);
    const asked = ports.facts.unanswered(requests, []);
    if (base !== undefined) ports.hints.set(host.name, level, { base, requests: asked });
    open.set(level, { become, requests: ports.facts.unanswered(asked, answered.get(level) ?? []) });
  }
  const rest = await readFacts(open, bases, reading);
  return new Map([...facts, ...rest]);
}

/** Requests by privilege level (`levelOf`). */
export type Groups = Map<string, { readonly become: Become | null; readonly requests: FactRequest[] }>;

/** Adds a request to the group of its level. */
export function addRequest(groups: Groups, become: Become | null, request: FactRequest): void {
  const level = levelOf(become);
  const group = groups.get(level);
  if (group === undefined) groups.set(level, { become, requests: [request] });
  else group.requests.push(request);
}

/** One group of requests per privilege level; a fact that both levels ask for is read with the higher one. */
export function groupByLevel(items: readonly HostStep[], wanted: (request: FactRequest) => boolean): Groups {
  const groups: Groups = new Map();
  const levels = new Set(items.map((item) => levelOf(item.become)));
  const raised = levels.size < 2 ? null : raisedLevels(items);
  for (const { become, step, handler } of items) {
    for (const request of [...step.reads, ...noticesOf(handler)]) {
      if (wanted(request)) addRequest(groups, raised?.get(factId(request)) ?? become, request);
    }
  }
  return groups;
}

/** What a host keeps of notifications that an earlier run did not get to. */
function noticesOf(handler: string | null): readonly FactRequest[] {
  return handler === null ? [] : [{ kind: 'notice', key: noticeKey(handler) }];
}

/** For each fact that a step with privileges asks for, the first such level, root's before others'. Of guards each is its own step's. */
function raisedLevels(items: readonly HostStep[]): Map<string, Become> {
  const raised = new Map<string, Become>();
  for (const { become, step } of items) {
    if (become === null) continue;
    for (const request of step.reads) {
      const known = raised.get(factId(request));
      if (request.kind !== 'guard' && (known === undefined || (known.user !== 'root' && become.user === 'root')))
        raised.set(factId(request), become);
    }
  }
  return raised;
}

/** Reads facts: one round trip per privilege level. */
export async function readFacts(
  groups: Groups,
  bases: ReadonlyMap<string, BaseFacts>,
  { host, reader, ports, signal }: Reading,
): Promise<Map<string, FactState>> {
  const facts = new Map<string, FactState>();
  for (const [level, { become, requests }] of groups) {
    const base = bases.get(level);
    if (base === undefined || requests.length === 0) continue;
    const batch = ports.facts.compileRead(requests, base, ports.nonce());
    const result = await reader.read(batch.script, { become, deadlineMs: host.connection.deadlines.readMs, signal });
    for (const [id, state] of batch.parse(result.stdout)) facts.set(id, state);
  }
  return facts;
}
