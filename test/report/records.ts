import { createHash } from 'node:crypto';
import type { Content } from '../../src/model/content.ts';
import type { BatchRecord, RolloutRecord } from '../../src/model/rollout.ts';
import type { HostRecord, Run, StepRecord } from '../../src/model/run.ts';

/** A content from text or bytes. */
export function content(value: string | Uint8Array): Content {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return { kind: 'content', digest: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, bytes };
}

/** A step record: ok unless told otherwise. `id` gives role, kind and subject. */
export function step(id: string, fields: Partial<StepRecord> = {}): StepRecord {
  const [, role = '', kind = '', subject = ''] = /^([^/]+)\/([^[]+)\[([\s\S]*)\]/.exec(id) ?? [];
  const common = {
    id,
    play: 'play',
    part: 'roles',
    on: null,
    role,
    kind,
    subject,
    handler: false,
    notifiedBy: [],
    outcome: 'ok',
    progress: 'planned',
  } as const;
  const rest = { certainty: 'exact', reason: null, durationMs: null, changes: [], failure: null, irreversible: null, undo: [] } as const;
  return { ...common, ...rest, ...fields };
}

/** A host record: ok, connected, two round trips, 400 ms. */
export function host(name: string, fields: Partial<HostRecord> = {}): HostRecord {
  const connection = { connectMs: 120, roundTrips: 2, bytesSent: 4000, bytesReceived: 1500 };
  return { name, outcome: 'ok', error: null, connection, durationMs: 400, steps: [], ...fields };
}

/** A run of these hosts. */
export function run(hosts: readonly HostRecord[], fields: Partial<Run> = {}): Run {
  const header = {
    id: '20261121T101500Z-3f9a',
    mode: 'plan',
    argv: ['plan', 'playbooks/site.yml', '-i', 'inventory/hosts.yml'],
    startedAt: '2026-11-21T10:15:00.000Z',
    drover: '0.1.0',
    playbook: 'playbooks/site.yml',
    inventory: ['inventory/hosts.yml'],
    limit: null,
    tags: [],
  } as const;
  return {
    header,
    finishedAt: '2026-11-21T10:15:01.200Z',
    durationMs: 1200,
    interrupted: null,
    exitCode: 0,
    rollouts: [],
    visited: [],
    hosts,
    ...fields,
  };
}

/** A batch: planned unless told otherwise. */
export function batch(hosts: readonly string[], fields: Partial<BatchRecord> = {}): BatchRecord {
  return { hosts, state: 'planned', reason: null, durationMs: null, undone: false, ...fields };
}

/** Names of hosts: `web001`, `web002`, …, from one number on. */
export function names(count: number, from = 1): readonly string[] {
  return Array.from({ length: count }, (_, index) => `web${String(from + index).padStart(3, '0')}`);
}

/** A rollout over these batches: no failure is borne, all its hosts have something to do. */
export function rollout(batches: readonly BatchRecord[], fields: Partial<RolloutRecord> = {}): RolloutRecord {
  return {
    index: 0,
    play: 'web servers',
    hosts: batches.flatMap(({ hosts }) => hosts).length,
    batches,
    mostOut: Math.max(0, ...batches.map(({ hosts }) => hosts.length)),
    domains: [],
    maxFailures: { total: 0, batch: null },
    failed: [],
    out: [],
    soakMs: 0,
    onFailure: 'putBack',
    onGateFailure: 'halt',
    around: { once: [], before: [], after: [], gate: [] },
    halted: null,
    ...fields,
  };
}
