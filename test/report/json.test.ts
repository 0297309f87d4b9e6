import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { renderJson, reportOf } from '../../src/report/json.ts';
import { reportJsonSchema, reportSchema } from '../../src/report/report-schema.ts';
import { content, host, run, step } from './records.ts';

const text = [content('a\nb\n'), content('a\nB\n')] as const;
const binary = content(new Uint8Array([0, 1]));

const FULL = run(
  [
    host('web1', {
      outcome: 'failed',
      error: { phase: 'action', message: 'it failed', hint: 'look' },
      steps: [
        step('a/sysctl[x]'),
        step('a/file[/x]', {
          outcome: 'changed',
          progress: 'done',
          durationMs: 12.5,
          undo: [{ kind: 'file', key: '/x', before: { type: 'absent' } }],
          changes: [
            { field: 'content', before: text[0], after: text[1] },
            { field: 'mode', before: '0644', after: '0600' },
            { field: 'groups', before: null, after: ['a'] },
            { field: 'enabled', before: false, after: true },
            { field: 'uid', before: 1, after: 2 },
          ],
        }),
        step('a/file[/y]', {
          outcome: 'changed',
          certainty: 'after-apply',
          reason: 'known after apply',
          changes: [{ field: 'content', before: null, after: binary }],
        }),
        step('a/command[z]', {
          outcome: 'failed',
          progress: 'in-doubt',
          failure: { action: 'run z', exitCode: null, output: 'out', durationMs: 3 },
        }),
        step('a/file[/q]', { outcome: 'skipped', progress: 'not-started', reason: 'not started', irreversible: 'gone' }),
        step('a/handler[r]', { outcome: 'skipped', handler: true }),
      ],
    }),
    host('db9', { outcome: 'unreachable', connection: null, error: { phase: 'connect', message: 'no answer', hint: null } }),
  ],
  { interrupted: 'SIGTERM', exitCode: 143 },
);

describe('the change report', () => {
  test.each([
    ['a run with everything', FULL],
    ['a run without hosts', run([])],
  ])('of %s fits its schema', (_, shown) => {
    expect(reportSchema.parse(JSON.parse(renderJson(shown)))).toEqual(JSON.parse(renderJson(shown)));
  });

  test('has contents as size, digest and diff, other fields as they are', () => {
    const [first] = reportOf(FULL).hosts;
    expect(first?.steps[1]?.changes).toEqual([
      {
        field: 'content',
        before: { size: 4, sha256: text[0].digest },
        after: { size: 4, sha256: text[1].digest },
        diff: '@@ -1,2 +1,2 @@\n a\n-b\n+B\n',
        diffNote: null,
      },
      { field: 'mode', before: '0644', after: '0600', diff: null, diffNote: null },
      { field: 'groups', before: null, after: ['a'], diff: null, diffNote: null },
      { field: 'enabled', before: false, after: true, diff: null, diffNote: null },
      { field: 'uid', before: 1, after: 2, diff: null, diffNote: null },
    ]);
    expect(first?.steps[2]?.changes[0]).toMatchObject({ diff: null, diffNote: `binary, new, 2 B, sha256 ${binary.digest.slice(0, 12)}` });
  });

  test('adds up hosts and steps, each once, and the connections', () => {
    expect(reportOf(FULL).totals).toEqual({
      hosts: { ok: 0, changed: 0, failed: 1, skipped: 0, unreachable: 1 },
      steps: { ok: 1, changed: 2, failed: 0, skipped: 0, inDoubt: 1, notStarted: 1, idle: 1 },
      roundTrips: 2,
      bytesSent: 4000,
      bytesReceived: 1500,
    });
  });

  test('says what was run, how it ended and when', () => {
    expect(reportOf(FULL).run).toEqual({
      ...FULL.header,
      finishedAt: '2026-11-21T10:15:01.200Z',
      durationMs: 1200,
      interrupted: 'SIGTERM',
      exitCode: 143,
    });
  });

  test('with a key too many is refused by the schema', () => {
    expect(reportSchema.safeParse({ ...reportOf(FULL), more: 1 }).success).toBe(false);
  });
});

describe('docs/report.md', () => {
  test('has a row for every field of the schema, and no other', async () => {
    const page = await readFile(new URL('../../docs/report.md', import.meta.url), 'utf8');
    const documented = [...(page.split('## The fields')[1] ?? '').matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
    expect([...documented].sort()).toEqual([...fields(reportJsonSchema(), '')].sort());
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** Paths of all fields below a schema: `hosts[].steps[].id`. Alternatives of one field share their paths. */
function fields(schema: Schema, prefix: string): ReadonlySet<string> {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    `${prefix}${name}`,
    ...fields(field, `${prefix}${name}.`),
  ]);
  const items = schema.items === undefined ? [] : [...fields(schema.items, prefix.replace(/\.$/, '[].'))];
  return new Set([...own, ...items, ...(schema.anyOf ?? []).flatMap((option) => [...fields(option, prefix)])]);
}
