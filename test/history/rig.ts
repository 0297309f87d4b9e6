import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openDigestKey } from '../../src/digest-key.ts';
import { type History, openHistory } from '../../src/history/history.ts';
import { MemoryStore } from '../../src/history/memory-store.ts';
import { findRuns } from '../../src/history/scan.ts';
import { addRuns } from '../../src/history/upkeep.ts';

/** An empty folder that drover is started in, removed when the test ends. */
export function newFolder(): string {
  const cwd = mkdtempSync(join(tmpdir(), 'drover-history-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  return cwd;
}

/** Opens a history that has nothing to warn of. */
export function historyOf(cwd: string): History {
  const warnings: string[] = [];
  const history = openHistory(cwd, { warn: (sentence) => warnings.push(sentence) });
  expect(warnings).toEqual([]);
  return history;
}

/** What a history answers, and what reading every report anew answers. */
export function answers(cwd: string, hosts: readonly string[]): { readonly kept: unknown; readonly scanned: unknown } {
  const history = historyOf(cwd);
  const key = openDigestKey(cwd);
  if (key === null) throw new Error('no key');
  const memory = new MemoryStore();
  addRuns(memory, findRuns(cwd), { cwd, key, warn: () => {} });
  const newestFirst = <T>(lines: readonly T[]): readonly T[] => [...lines].reverse();
  return {
    kept: { runs: history.runs, hosts: hosts.map((name) => ({ name, lines: history.host(name), marks: history.marks(name) })) },
    scanned: {
      runs: newestFirst(memory.runs()),
      hosts: hosts.map((name) => ({ name, lines: newestFirst(memory.host(name)), marks: memory.marks(name) })),
    },
  };
}
