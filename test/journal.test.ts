import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type JournalHeader, JournalWriter, journalFile, readJournal, recordedRuns } from '../src/journal.ts';
import type { RunEvent } from '../src/model/event.ts';
import type { HostRecord } from '../src/model/run.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'drover-journal-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const header: JournalHeader = {
  id: '20261121T101500.123Z-3f9a',
  mode: 'apply',
  argv: ['apply', 'site.yml'],
  startedAt: '2026-11-21T10:15:00.123Z',
  drover: '0.1.0',
  playbook: 'site.yml',
  inventory: ['hosts.yml'],
  limit: null,
  tags: [],
  skipTags: ['slow'],
  by: { pid: 1, machine: 'm', born: null },
  hosts: ['a', 'b'],
  resumes: null,
  fingerprint: { salt: 's', text: 't', plays: [] },
};

const record: HostRecord = {
  name: 'a',
  outcome: 'failed',
  error: { phase: 'action', message: 'a secret in a message', hint: null },
  connection: null,
  durationMs: 1,
  steps: [],
};

/** One event of every kind, texts in it that nobody is to read. */
const EVENTS: readonly RunEvent[] = [
  { kind: 'hosts-selected', hosts: ['a', 'b'] },
  { kind: 'host-phase', host: 'a', phase: 'connecting' },
  { kind: 'rollouts-planned', rollouts: [] },
  { kind: 'batch-started', play: 0, batch: 0, size: 0, hosts: ['a'] },
  { kind: 'turn-started', play: 0, host: 'a' },
  { kind: 'step-started', host: 'a', step: 'x/file[/etc/x]', part: 'before', on: 'lb' },
  { kind: 'step-finished', host: 'a', step: 'x/file[/etc/x]', part: 'before', on: 'lb', outcome: 'changed', durationMs: 3 },
  { kind: 'turn-finished', play: 0, host: 'a', outcome: 'changed', done: true, out: false, budget: { total: 1, batch: null } },
  { kind: 'gate-started', play: 0, batch: 0, soakMs: 1 },
  { kind: 'gate-finished', play: 0, batch: 0, closed: 'a secret in a reason' },
  { kind: 'rollout-halted', play: 0, reason: 'a secret in a reason' },
  { kind: 'host-finished', host: record },
  { kind: 'stopping', signal: 'SIGTERM', running: [] },
];

const KEPT = [
  { kind: 'batch-started', play: 0, batch: 0, size: 0, hosts: ['a'] },
  { kind: 'turn-started', play: 0, host: 'a' },
  { kind: 'step-started', host: 'a', step: 'x/file[/etc/x]', part: 'before', on: 'lb' },
  { kind: 'step-finished', host: 'a', step: 'x/file[/etc/x]', part: 'before', on: 'lb', outcome: 'changed' },
  { kind: 'turn-finished', play: 0, host: 'a', outcome: 'changed', done: true, out: false },
  { kind: 'gate-started', play: 0, batch: 0 },
  { kind: 'gate-finished', play: 0, batch: 0, closed: true },
  { kind: 'rollout-halted', play: 0 },
  { kind: 'host-finished', host: 'a', outcome: 'failed' },
  { kind: 'stopping', signal: 'SIGTERM' },
];

const path = (): string => journalFile(cwd, header.id);
const written = (): readonly Record<string, unknown>[] =>
  readFileSync(path(), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const lines = (): number => readFileSync(path(), 'utf8').split('\n').length - 1;

function open(warnings: string[] = [], redact = (text: string): string => text): JournalWriter {
  return new JournalWriter(path(), header, { redact, warn: (sentence) => warnings.push(sentence) });
}

describe('the journal of a run', () => {
  test('holds its header and the names and numbers of its events, each with its time, and no reasons or contents', () => {
    const heard: RunEvent[] = [];
    const emit = open().follow((event) => heard.push(event));
    for (const event of EVENTS) emit(event);
    expect(heard).toEqual(EVENTS);
    expect(readJournal(path())?.header).toMatchObject(header);
    const kept = written().slice(1);
    for (const { at } of kept) expect(at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(kept.map(({ at: _at, ...event }) => event)).toEqual(KEPT);
    expect(readFileSync(path(), 'utf8')).not.toContain('secret');
  });

  test('has an event on file before anybody else hears of it', () => {
    const seen: number[] = [];
    const emit = open().follow(() => seen.push(lines()));
    for (const event of EVENTS) emit(event);
    expect(seen).toEqual([1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('is for its owner alone', () => {
    open();
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(join(path(), '..')).mode & 0o777).toBe(0o700);
    expect(recordedRuns(cwd)).toEqual([header.id]);
  });

  test('has no password in ids and arguments, even one that is a word of the format', () => {
    const journal = new JournalWriter(
      path(),
      { ...header, argv: ['apply', 'host'] },
      { redact: (text) => text.replaceAll('host', '[secret]'), warn: () => {} },
    );
    journal.follow(() => {})({ kind: 'step-started', host: 'a', step: 'x/command[echo host]', part: 'roles', on: null });
    const read = readJournal(path());
    expect(read?.header.argv).toEqual(['apply', '[secret]']);
    expect(read?.events).toMatchObject([{ kind: 'step-started', host: 'a', step: 'x/command[echo [secret]]' }]);
  });

  test('has nothing behind its end', () => {
    const warnings: string[] = [];
    const journal = open(warnings);
    journal.write({ kind: 'end', exitCode: 2 });
    journal.follow(() => {})({ kind: 'turn-started', play: 0, host: 'a' });
    journal.write({ kind: 'end', exitCode: 0 });
    expect(readJournal(path())?.events).toMatchObject([{ kind: 'end', exitCode: 2 }]);
    expect(warnings).toEqual([]);
  });

  test('that cannot be written is one warning, and the run goes on', () => {
    writeFileSync(join(cwd, '.drover'), 'a file in the way');
    const warnings: string[] = [];
    const heard: RunEvent[] = [];
    const emit = open(warnings).follow((event) => heard.push(event));
    for (const event of EVENTS) emit(event);
    expect(heard).toEqual(EVENTS);
    expect(warnings).toEqual([expect.stringMatching(/^the journal cannot be written, so this run cannot be resumed: /)]);
  });

  test('is never written over', () => {
    open();
    const before = readFileSync(path(), 'utf8');
    const warnings: string[] = [];
    open(warnings).write({ kind: 'end', exitCode: 0 });
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect(warnings).toHaveLength(1);
  });
});

describe('reading a journal', () => {
  test('leaves out a torn last line, wherever it was torn', () => {
    const emit = open().follow(() => {});
    for (const event of EVENTS) emit(event);
    const whole = readFileSync(path());
    const last = whole.subarray(0, -1).lastIndexOf('\n') + 1;
    for (let end = last; end < whole.length; end += 1) {
      writeFileSync(path(), whole.subarray(0, end));
      expect(readJournal(path())?.events).toMatchObject(KEPT.slice(0, -1));
    }
    writeFileSync(path(), whole);
    expect(readJournal(path())?.events).toMatchObject(KEPT);
  });

  test.each([
    ['nothing', ''],
    ['a torn header', '{"format":"drover.jour'],
    ['another format', '{"format":"drover.journal/9"}\n'],
    ['no JSON in the middle', '{"format":"drover.journal/1"}\noops\n{"kind":"end","exitCode":0}\n'],
  ])('with %s in it gives none', (_title, text) => {
    open();
    writeFileSync(path(), text);
    expect(readJournal(path())).toBeNull();
  });

  test('gives none where there is none', () => {
    expect(readJournal(path())).toBeNull();
    expect(recordedRuns(cwd)).toEqual([]);
  });
});
