import { z } from 'zod';
import { REPORT_SCHEMA_ID, type Report } from './report.ts';
import { rolloutSchema } from './rollout-schema.ts';

const number = z.number().int().nonnegative();
const ms = z.number().nonnegative();
const time = z.iso.datetime();
const texts = z.array(z.string()).readonly();

const content = z.strictObject({
  size: number.describe('Length in bytes'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .describe('null where the content holds a secret'),
});

const value = z.union([z.string(), z.number(), z.boolean(), z.null(), texts, content]);

const change = z.strictObject({
  field: z.string().describe('Name of the field: `mode`, `content`, `shell`, …'),
  before: value.describe('Value before the step; null: the field did not exist, or is known after apply'),
  after: value.describe('Value after the step; null: the field is gone'),
  diff: z.string().nullable().describe('Contents only: hunks of a unified diff with three lines of context'),
  diffNote: z.string().nullable().describe('What the diff leaves out, or why there is none (binary, not read)'),
});

const failure = z.strictObject({
  action: z.string().describe('What was being done'),
  exitCode: z.number().int().nullable().describe('Exit status; null where none was seen (deadline, dropped link)'),
  output: z.string().describe('Standard output and standard error together, the last 16 KiB'),
  durationMs: ms,
});

const driftRun = z.strictObject({
  run: z.string().describe('Id of the run'),
  mode: z.enum(['plan', 'check', 'apply']),
  startedAt: time,
  user: z.string().nullable(),
});

const drift = z.strictObject({
  asWanted: driftRun.nullable().describe('The last run that found the step as wanted or made it so'),
  writer: z.enum(['drover', 'someone-else', 'unknown']).describe('Who wrote what is there now'),
  by: driftRun.nullable().describe('The run in which drover wrote it, or, where the writer is unknown, may have'),
});

const step = z.strictObject({
  id: z.string().describe('`role/kind[subject]`, unique on its host in its play'),
  play: z.string(),
  part: z.enum(['once', 'before', 'roles', 'after', 'gate', 'undo']).describe("What it is to the host's turn; `undo` puts back a batch"),
  on: z.string().nullable().describe('Name of the host that it is carried out on, where that is another one'),
  role: z.string(),
  kind: z.string(),
  subject: z.string().describe('What the step is about: a path, a unit, a user'),
  handler: z.boolean(),
  notifiedBy: texts.describe('Handlers only: ids of the steps that notified it'),
  outcome: z.enum(['ok', 'changed', 'failed', 'skipped']).describe('Where `progress` is `planned`, `changed` means: would change'),
  progress: z.enum(['planned', 'done', 'in-doubt', 'not-started']),
  certainty: z.enum(['exact', 'after-apply']),
  reason: z.string().nullable().describe('Why it failed or was skipped, or what the plan could not know'),
  durationMs: ms.nullable(),
  changes: z.array(change).readonly(),
  failure: failure.nullable(),
  irreversible: z.string().nullable().describe('Why the change cannot be undone; null when its before-values are enough'),
  wanted: z.string().exactOptional().describe('Digest of what the step wants, by the key of `varsDigest`'),
  drift: drift.exactOptional().describe('Checks: what the history says of a step that is not as wanted'),
});

const connection = z.strictObject({
  connectMs: ms.describe('From the first packet to the end of authentication'),
  roundTrips: number.describe('Scripts sent since authentication'),
  bytesSent: number,
  bytesReceived: number,
});

const host = z.strictObject({
  name: z.string(),
  outcome: z.enum(['ok', 'changed', 'failed', 'skipped', 'unreachable']),
  error: z
    .strictObject({
      phase: z
        .string()
        .describe(
          '`connect`, `host-key`, `authenticate`, `become`, `read`, `plan`, `action`, `verify`, `link`, `aborted`, `before`, `after`, `gate`, `halted`, …',
        ),
      message: z.string(),
      hint: z.string().nullable().describe('What the operator can do'),
    })
    .nullable(),
  connection: connection.nullable().describe('null when no connection was made'),
  startedMs: ms.exactOptional().describe("From the run's start to the first connection"),
  durationMs: ms,
  work: z
    .strictObject({ startedMs: ms, durationMs: ms })
    .exactOptional()
    .describe("From the first step that was begun to the last one's end"),
  steps: z.array(step).readonly(),
});

const revision = z.strictObject({
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .describe('The commit that was checked out'),
  dirty: z.boolean().describe('Whether something was not as committed'),
});

const run = z.strictObject({
  id: z.string().describe('UTC time and a random part; also the name of the folder in `.drover/runs`'),
  mode: z.enum(['plan', 'check', 'apply']),
  argv: texts.describe('Arguments of the command'),
  startedAt: time,
  finishedAt: time,
  durationMs: ms,
  user: z.string().exactOptional().describe('Who ran drover, and where: `name@machine`'),
  drover: z.string().describe("drover's version"),
  node: z.string().exactOptional().describe("Node's version"),
  playbook: z.string(),
  revision: revision.nullable().exactOptional().describe('State of the repository of the playbook; null: none, or git did not tell'),
  inventory: texts,
  limit: z.string().nullable(),
  tags: texts,
  skipTags: texts.exactOptional(),
  undoes: z.string().exactOptional().describe('Id of the run that this one undoes'),
  varsDigest: z.string().nullable().exactOptional().describe("`KEY-DIGEST` of the hosts' vars and their roles' parameters"),
  interrupted: z.enum(['SIGINT', 'SIGTERM']).nullable(),
  exitCode: z.number().int(),
});

const totals = z.strictObject({
  hosts: z.strictObject({ ok: number, changed: number, failed: number, skipped: number, unreachable: number }),
  steps: z.strictObject({
    ok: number,
    changed: number,
    failed: number,
    skipped: number,
    inDoubt: number,
    notStarted: number,
    idle: number.describe('Handlers that nothing notified'),
  }),
  roundTrips: number,
  bytesSent: number,
  bytesReceived: number,
});

/** Schema of the change report; unknown keys are refused. */
export const reportSchema: z.ZodType<Report> = z
  .strictObject({
    schema: z.literal(REPORT_SCHEMA_ID),
    run,
    visited: z
      .array(z.strictObject({ name: z.string(), connection }))
      .readonly()
      .describe('Hosts on which something was done for others'),
    rollouts: z.array(rolloutSchema).readonly().describe('Rollouts of the plays that have one, in order'),
    hosts: z.array(host).readonly(),
    totals,
  })
  .meta({ title: 'drover change report' });

/** The same as JSON Schema (draft 2020-12). */
export function reportJsonSchema(): object {
  return z.toJSONSchema(reportSchema);
}
