import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostStep } from '../../src/model/planned.ts';
import type { Undoable } from '../../src/model/ports.ts';
import type { Step } from '../../src/model/step.ts';
import { foldAll } from '../../src/plan/fold.ts';
import { undoSteps } from '../../src/plan/undo.ts';
import { makeWorld } from '../../src/plan/world.ts';
import { absent } from '../../src/steps/absent.ts';
import { block } from '../../src/steps/block.ts';
import { directory } from '../../src/steps/directory.ts';
import { file } from '../../src/steps/file.ts';
import { line } from '../../src/steps/line.ts';
import { link } from '../../src/steps/link.ts';
import { restore } from '../../src/steps/restore.ts';
import { hosts, scratchDirectory, type TestHost } from './support/host.ts';

const root = scratchDirectory();
const isRoot = process.getuid?.() === 0;
let count = 0;

/** An empty directory of its own. */
function fresh(): string {
  count += 1;
  const path = join(root, String(count));
  mkdirSync(path);
  return path;
}

/** All that is below a directory, as the file system itself tells. */
function treeOf(path: string): Record<string, unknown> {
  return Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const at = join(path, name);
        const stat = lstatSync(at);
        const [mode, owner] = [(stat.mode & 0o7777).toString(8), `${stat.uid}:${stat.gid}`];
        if (stat.isSymbolicLink()) return [name, `-> ${readlinkSync(at)}`];
        return [name, stat.isDirectory() ? `directory ${mode} ${owner}` : `${mode} ${owner} ${readFileSync(at).toString('base64')}`];
      }),
  );
}

function itemOf(step: Step): HostStep {
  const common = { play: 0, part: 'roles' as const, playName: 'p', role: 'r', handler: null, notifies: [], become: null };
  return { ...common, id: `r/${step.kind}[${step.subject}]`, step };
}

/** Reads, plans by the engine's own fold, and carries out. Resolves to what an undo needs; null where nothing was changed. */
function carryOut(host: TestHost, step: Step): { readonly undoable: Undoable | null; readonly result: string } {
  const item = itemOf(step);
  const [decided] = foldAll([item], makeWorld(new Map([['', host.base]]), host.read(step.reads)));
  const decision = decided?.decision;
  if (decision?.kind !== 'change') return { undoable: null, result: JSON.stringify(decision) };
  for (const event of host.write(decision.plan.actions)) {
    if (event.kind === 'end' && event.exitCode !== 0) throw new Error(`${item.id}: ${event.output}`);
  }
  return { undoable: { item, undo: decision.undo, irreversible: decision.plan.irreversible ?? null }, result: 'change' };
}

/** Undoes in the engine's order; each step reads the host for itself and is compared with its own prediction. */
function undoAll(host: TestHost, done: readonly Undoable[]): void {
  for (const { step } of undoSteps(restore, done, { items: [], index: 1 })) {
    const { plan, failure, broken } = host.apply(step);
    expect([step.subject, failure, broken]).toEqual([step.subject, null, []]);
    expect(plan.result === 'refused' ? plan.reason : null, step.subject).toBeNull();
    expect(['ok', 'skipped'], step.subject).toContain(host.apply(step).plan.result);
  }
}

const NAMES = ['plain', "odd name's \n$(id)", '-rf'];
const MODES = ['0600', '0644', '0755', '2750', '0444'];

/** Who may read a directory may go into it: busybox's shell goes by the mode, for root as well. */
function passable(mode: string): string {
  return mode.replace(/[46]/g, (digit) => String(Number(digit) + 1));
}

type Start = 'absent' | 'file' | 'directory' | 'link';
const start = fc.tuple(
  fc.constantFrom<Start>('absent', 'file', 'directory', 'link'),
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom(...MODES),
);

/** A step on one of the paths, by number. */
const makers: readonly ((path: string, text: string, mode: string) => Step)[] = [
  (path, content) => file({ path, content }),
  (path, content, mode) => file({ path, content, mode, link: 'replace' }),
  (path, _text, mode) => file({ path, mode }),
  (path) => absent({ path }),
  (path, _text, mode) => directory({ path, mode: passable(mode) }),
  (path, _text, mode) => directory({ path: join(path, 'a/b'), parents: true, mode: passable(mode) }),
  (path, content) => file({ path: join(path, 'inside'), content }),
  (path, target) => link({ path, target, force: true }),
  (path, text) => line({ path, line: text, create: true }),
  (path, text) => block({ path, name: 'x', block: text, create: true }),
  (path) => line({ path, state: 'absent', match: /./ }),
];
const wish = fc.tuple(
  fc.constantFrom(...NAMES),
  fc.constantFrom(...makers),
  fc.stringMatching(/^[a-z ☃]{1,8}$/),
  fc.constantFrom(...MODES),
);

function begin(path: string, [type, bytes, mode]: [Start, Uint8Array, string]): void {
  if (type === 'file') writeFileSync(path, bytes);
  if (type === 'directory') mkdirSync(path);
  if (type === 'link') symlinkSync('nowhere', path);
  if (type === 'file') chmodSync(path, Number.parseInt(mode, 8));
  if (type === 'directory') chmodSync(path, Number.parseInt(passable(mode), 8));
}

describe.each(hosts)('paths put back on $name', (host) => {
  it('are what they were, whatever steps were carried out on them', () => {
    const property = fc.property(fc.tuple(start, start, start), fc.array(wish, { minLength: 1, maxLength: 6 }), (starts, wishes) => {
      const base = fresh();
      for (const [index, each] of starts.entries()) begin(join(base, NAMES[index] ?? ''), each);
      const before = treeOf(base);
      const steps = wishes.map(([name, make, text, mode]) => make(join(base, name), text, mode));
      const done: Undoable[] = [];
      for (const step of steps) {
        try {
          const { undoable } = carryOut(host, step);
          if (undoable !== null) done.push(undoable);
        } catch {
          // A directory that is not empty is not removed: nothing was done.
        }
      }
      undoAll(host, done);
      expect(treeOf(base)).toEqual(before);
      // Once more: several steps on one path are compared once, with what was there before the first.
      for (const { step } of undoSteps(restore, done, { items: [], index: 1 }))
        expect(['ok', 'skipped'], step.subject).toContain(host.apply(step).plan.result);
    });
    fc.assert(property, { numRuns: 40 });
  }, 120_000);

  it('keep what others have put into a directory that a step made, and say so', () => {
    const base = fresh();
    const { undoable } = carryOut(host, directory({ path: join(base, 'a/b'), parents: true }));
    writeFileSync(join(base, 'a/.hidden one'), 'mine');
    const undo = undoable ?? { undo: [], irreversible: null };
    const step = restore('r/directory[x]', undo);
    const { plan, failure, broken } = host.apply(step);
    expect([failure, broken]).toEqual([null, []]);
    expect(plan).toMatchObject({ actions: [{ kind: 'remove', path: join(base, 'a/b'), recursive: false }] });
    expect(plan.result === 'change' && plan.changes.at(-1)).toEqual({
      field: 'not put back',
      before: null,
      after: `the directory ${join(base, 'a')} is not empty (.hidden one)`,
    });
    expect(Object.keys(treeOf(base))).toEqual(['a', 'a/.hidden one']);
    expect(host.apply(step).plan).toEqual({
      result: 'skipped',
      reason: `cannot be undone: the directory ${join(base, 'a')} is not empty (.hidden one)`,
    });
    rmSync(join(base, 'a/.hidden one'));
    expect(host.apply(step)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect(host.apply(step).plan).toEqual({ result: 'ok' });
  });

  it('are not taken away with what is below them', () => {
    const base = fresh();
    const { undoable } = carryOut(host, directory({ path: join(base, 'a/b'), parents: true }));
    writeFileSync(join(base, 'a/b/c'), 'mine');
    const before = treeOf(base);
    const { plan } = host.apply(restore('r/directory[x]', undoable ?? { undo: [], irreversible: null }));
    expect(plan).toMatchObject({ result: 'skipped', reason: expect.stringContaining('(c); the directory') });
    expect(treeOf(base)).toEqual(before);
  });

  it('get back what was removed with a directory, as far as it was read', () => {
    const base = fresh();
    const path = join(base, 'd');
    mkdirSync(path, { mode: 0o711 });
    chmodSync(path, 0o711);
    writeFileSync(join(path, 'known'), 'kept');
    writeFileSync(join(path, 'unknown'), 'lost');
    const item = itemOf(absent({ path, recursive: true }));
    const facts = host.read([...item.step.reads, { kind: 'file', key: join(path, 'known'), content: 'always' }]);
    const [decided] = foldAll([item], makeWorld(new Map([['', host.base]]), facts));
    if (decided?.decision.kind !== 'change') throw new Error('it is to be removed');
    const { plan, undo } = decided.decision;
    host.write(plan.actions);
    const step = restore(item.id, { undo, irreversible: plan.irreversible ?? null });
    const again = host.apply(step);
    expect(again).toMatchObject({ failure: null, broken: [] });
    expect(again.plan.result === 'change' && again.plan.changes.at(-1)).toMatchObject({
      field: 'not put back',
      after: 'what is in the directory is not kept',
    });
    expect([readdirSync(path), readFileSync(join(path, 'known'), 'utf8'), (lstatSync(path).mode & 0o7777).toString(8)]).toEqual([
      ['known'],
      'kept',
      '711',
    ]);
  });

  it.runIf(isRoot)('get owner and group back, also those that have no name', () => {
    const base = fresh();
    for (const name of ['f', 'd']) {
      const path = join(base, name);
      if (name === 'f') writeFileSync(path, 'x');
      else mkdirSync(path);
      chownSync(path, 54321, 12345);
      chmodSync(path, 0o2710);
      const before = treeOf(base);
      const step = name === 'f' ? file({ path, content: 'y', owner: 'daemon', mode: '0600' }) : absent({ path });
      const { undoable, result } = carryOut(host, step);
      expect(result).toBe('change');
      expect(treeOf(base)).not.toEqual(before);
      undoAll(host, undoable === null ? [] : [undoable]);
      expect(treeOf(base)).toEqual(before);
    }
  });
});
