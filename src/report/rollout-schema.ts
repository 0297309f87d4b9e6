import { z } from 'zod';
import type { RolloutRecord } from '../model/rollout.ts';

const number = z.number().int().nonnegative();
const texts = z.array(z.string()).readonly();

const batch = z.strictObject({
  hosts: texts,
  state: z.enum(['planned', 'done', 'gate-failed', 'halted', 'not-started']),
  reason: z.string().nullable().describe('Why its gate did not open'),
  startedMs: z.number().nonnegative().exactOptional().describe("From the run's start to its first host"),
  durationMs: z.number().nonnegative().nullable().describe('From its first host to its gate; null where it was not begun'),
  undone: z.boolean().describe('Whether the batch was put back to what it was'),
});

const domain = z.strictObject({
  by: z.string().describe('Name of the var'),
  max: number.describe('Hosts with the same value that may be out of service at once'),
  most: number.describe('The most that are'),
});

/** Schema of a rollout in the change report. */
export const rolloutSchema: z.ZodType<RolloutRecord> = z.strictObject({
  index: number.describe('Number of the play in the playbook, from 0'),
  play: z.string(),
  hosts: number.describe('Hosts of the play'),
  batches: z.array(batch).readonly().describe('Hosts without anything to do are in none'),
  mostOut: number.describe('The most hosts that are out of service at once when none fails'),
  domains: z.array(domain).readonly(),
  maxFailures: z
    .strictObject({ total: number.nullable(), batch: number.nullable() })
    .describe('Failed and unreachable hosts that are borne; null: any number. `batch` holds for the largest batch'),
  failed: texts.describe('Hosts that failed or were unreachable, in the order in which they did'),
  out: texts.describe('Hosts that were taken out of service and not put back'),
  soakMs: z.number().nonnegative().describe('Time between a batch and its gate'),
  onFailure: z.enum(['putBack', 'leaveOut']),
  onGateFailure: z.enum(['halt', 'undo']),
  around: z
    .strictObject({ once: texts, before: texts, after: texts, gate: texts })
    .describe('What is done around each host and behind each batch, in words'),
  halted: z.string().nullable().describe('Why it was halted'),
});
