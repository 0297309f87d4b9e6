import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CommandOptions, command } from '../../src/steps/command.ts';
import { hosts, scratchDirectory } from './support/host.ts';

describe.each(hosts)('a command on $name', (host) => {
  const root = scratchDirectory();
  const ran = { plan: { result: 'change' }, failure: null, broken: [] };

  test('runs until what it creates is there, with its words as they are', () => {
    const path = join(root, "it's $HOME\n-Á");
    const step = command({ command: ['sh', '-c', 'printf "%s|" "$@" >"$0"', path, '-n', '', "q'q", '$x', 'a\nb'], creates: path });
    const applied = host.apply(step);
    expect(applied).toMatchObject({
      ...ran,
      plan: { changes: [{ field: 'run', before: null }], cloud: 'everything', irreversible: 'a command' },
    });
    expect(readFileSync(path, 'utf8')).toBe("-n||q'q|$x|a\nb|");
    expect(host.apply(step).plan).toEqual({ result: 'ok' });
  });

  test('that does not create what it promised is broken', () => {
    expect(host.apply(command({ command: 'true', creates: join(root, 'never') })).broken).toHaveLength(1);
  });

  test('runs unless its guard succeeds, in its directory', () => {
    const step = command({ command: 'echo done >here', unless: 'grep -q done here', directory: root });
    expect(host.apply(step)).toMatchObject(ran);
    expect(host.apply(step).plan).toEqual({ result: 'ok' });
    expect(readFileSync(join(root, 'here'), 'utf8')).toBe('done\n');
  });

  test('runs only if its guard succeeds, and fails where that never ends', () => {
    writeFileSync(join(root, 'todo'), '');
    const step = command({ command: ['rm', join(root, 'todo')], onlyIf: ['test', '-e', join(root, 'todo')] });
    expect(host.apply(step)).toMatchObject(ran);
    expect(host.apply(step).plan).toEqual({ result: 'ok' });
    expect(host.apply(command({ command: 'true', onlyIf: 'true' })).broken).toHaveLength(1);
    expect(host.apply(command({ command: 'true', onlyIf: 'exit 3' })).plan).toEqual({ result: 'ok' });
  });

  test('that only reads is never a change; its output is the note, its failure the reason', () => {
    expect(host.apply(command({ command: 'echo "a b"; echo c >&2', readOnly: true })).plan).toEqual({ result: 'ok', note: 'a b\nc' });
    expect(host.apply(command({ command: 'true', readOnly: true })).plan).toEqual({ result: 'ok' });
    expect(host.apply(command({ command: 'echo why; exit 4', readOnly: true })).plan).toEqual({
      result: 'refused',
      reason: 'exit status 4: why',
    });
  });

  test('gets no input, and a guard neither', () => {
    expect(host.apply(command({ command: 'cat', readOnly: true })).plan).toEqual({ result: 'ok' });
    expect(host.apply(command({ command: `cat >${join(root, 'input')}`, creates: join(root, 'input') }))).toMatchObject(ran);
    expect(readFileSync(join(root, 'input'), 'utf8')).toBe('');
  });

  test('that prints without end is cut to the end of its output', () => {
    const { plan } = host.apply(command({ command: 'i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo "line $i"; done', readOnly: true }));
    expect(plan.result === 'ok' && plan.note?.endsWith('line 9000')).toBe(true);
    expect(plan.result === 'ok' && (plan.note?.length ?? 0)).toBeLessThan(17_000);
  });

  test('whose name is also one of drover’s own functions is the program', () => {
    const applied = host.apply(command({ command: ['die', 'x'], creates: join(root, 'none') }));
    expect(applied.failure).toMatch(/^12[67]:/);
    expect(existsSync(join(root, 'none'))).toBe(false);
  });

  test('fails with its exit status and output', () => {
    expect(host.apply(command({ command: 'echo out; echo err >&2; exit 7', creates: join(root, 'none') })).failure).toBe('7: out\nerr\n');
  });
});

describe('wrong arguments of command', () => {
  test.each([
    [{ command: 'x' }, /say when it has to run/],
    [{ command: 'x', readOnly: false }, /say when it has to run/],
    [{ command: 'x', readOnly: true, unless: 'y' }, /readOnly goes without/],
    [{ command: 'x', readOnly: true, always: true }, /readOnly goes without/],
    [{ command: 'x', always: true, creates: '/x' }, /always goes without/],
    [{ command: '', creates: '/x' }, /must be a line/],
    [{ command: [], creates: '/x' }, /must be a line/],
    [{ command: ['a', 'b\0'], creates: '/x' }, /must be a line/],
    [{ command: 'x', creates: 'relative' }, /absolute/],
    [{ command: 'x', unless: '' }, /unless/],
    [{ command: 'x', creates: '/x', directory: 'relative' }, /absolute/],
    [{ command: 'x', creates: '/x', deadlineMs: 0 }, /deadlineMs/],
  ] as [CommandOptions, RegExp][])('%j', (options, message) => {
    expect(() => command(options)).toThrow(message);
  });

  test('words may be empty, also the last', () => {
    expect(() => command({ command: ['printf', '%s', ''], creates: '/x' })).not.toThrow();
  });
});
