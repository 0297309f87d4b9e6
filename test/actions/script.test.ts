import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clearStopScript, compileWrite, ProgressParser, stopFile, stopScript } from '../../src/actions/script.ts';
import type { Action } from '../../src/model/action.ts';
import type { ActionEvent } from '../../src/model/ports.ts';
import { contentOf } from '../../src/steps/content.ts';
import { hosts, scratchDirectory } from '../steps/support/host.ts';

const root = scratchDirectory();

const write = (path: string, text: string | Uint8Array, expected: string | null = null): Action => ({
  kind: 'writeFile',
  path,
  bytes: typeof text === 'string' ? Buffer.from(text) : text,
  ownership: {},
  expect: expected === null ? null : contentOf(expected).digest,
  replaceLink: false,
  validate: undefined,
});
const run = (line: string): Action => ({ kind: 'command', command: ['sh', '-c', line], directory: undefined, deadlineMs: undefined });
const codes = (events: readonly ActionEvent[]): unknown[] => events.flatMap((event) => (event.kind === 'end' ? [event.exitCode] : []));
const canMount = ((): boolean => {
  try {
    const probe = join(root, 'probe');
    mkdirSync(probe);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.each(hosts)('a write script on $name', (host) => {
  const made = (name: string): string => {
    const path = join(root, `${host.name}-${name}`);
    mkdirSync(path);
    return path;
  };

  test('reports each action, with its output, and ends at the first that fails', () => {
    const events = host.write([run('echo one'), run('echo two >&2; exit 5'), run('echo three')]);
    expect(
      events.map((event) =>
        event.kind === 'end' ? [event.index, event.exitCode, String(event.output)] : [event.kind, 'index' in event ? event.index : null],
      ),
    ).toEqual([
      ['start', 0],
      [0, 0, 'one\n'],
      ['start', 1],
      [1, 5, 'two\n'],
    ]);
  });

  test('stops before its next action when it is told to, and leaves no file behind', () => {
    const directory = made('stop');
    const actions = [write(join(directory, 'a'), 'a'), write(join(directory, 'b'), 'b')];
    const events = host.write(actions, (text) => text.replace('begin 1;', ': >"$S"; begin 1;'));
    expect(events.at(-1)).toEqual({ kind: 'stopped', index: 1 });
    expect(readdirSync(directory)).toEqual(['a']);
    for (const file of readdirSync('/tmp')) if (file.startsWith('.drover-stop-n0nce')) rmSync(join('/tmp', file));
  });

  test('neighbouring writes of odd names and contents all arrive, also several to one path', () => {
    const directory = made('many');
    const names = ['a', "it's", 'with space', '$x', '-', 'new\nline', 'back\\slash', 'Á', 'z'];
    const contents = ['', 'x', "it's $HOME", Uint8Array.from([0, 255])];
    const actions = names.flatMap((name, index) => [write(join(directory, name), contents[index % 4]!)]);
    const again = [write(join(directory, 'a'), 'second', ''), write(join(directory, 'a'), 'third', 'second')];
    expect(codes(host.write([...actions, ...again])).every((code) => code === 0)).toBe(true);
    expect(readdirSync(directory).sort()).toEqual([...names].sort());
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('third');
    expect(Buffer.from(readFileSync(join(directory, '$x')))).toEqual(Buffer.from(contents[3]!));
  });

  test('a write that is no longer as planned fails alone, those before it are done, those behind it are not', () => {
    const directory = made('changed');
    for (const name of ['a', 'b', 'c']) writeFileSync(join(directory, name), name === 'b' ? 'somebody else' : 'old', { mode: 0o600 });
    const events = host.write(['a', 'b', 'c'].map((name) => write(join(directory, name), 'new', 'old')));
    expect(codes(events)).toEqual([0, 1]);
    expect(['a', 'b', 'c'].map((name) => readFileSync(join(directory, name), 'utf8'))).toEqual(['new', 'somebody else', 'old']);
    expect(readdirSync(directory)).toEqual(['a', 'b', 'c']);
  });

  test('a write into a file that was touched after it was prepared is refused', () => {
    const directory = made('touched');
    for (const name of ['a', 'b']) writeFileSync(join(directory, name), 'old');
    const b = join(directory, 'b');
    const events = host.write([write(join(directory, 'a'), 'new', 'old'), write(b, 'new', 'old')], (text) =>
      text.replace('begin 1;', `echo touched >${b}; touch -t 203701010000 ${b}; begin 1;`),
    );
    expect(codes(events)).toEqual([0, 1]);
    expect([readFileSync(b, 'utf8'), readdirSync(directory)]).toEqual(['touched\n', ['a', 'b']]);
    // Its time alone does not make a file another.
    expect(codes(host.write([write(join(directory, 'c'), 'new'), write(b, 'newer', 'touched\n')]))).toEqual([0, 0]);
  });

  test('the content travels once', () => {
    const word = 'only-once';
    const texts: string[] = [];
    host.write([write(join(made('once'), 'a'), word), write(join(root, `${host.name}-once`, 'b'), 'b')], (text) => {
      texts.push(text);
      return text;
    });
    expect(texts[0]?.split(word)).toHaveLength(2);
  });

  test.runIf(canMount)('a full disk fails the write and leaves the old file and nothing else', () => {
    const disk = made('disk');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=755', 'none', disk]);
    try {
      writeFileSync(join(disk, 'old'), 'old');
      const big = Buffer.alloc(40_000, 'x');
      const binary = Buffer.alloc(40_000, 0);
      for (const bytes of [big, binary]) {
        expect(codes(host.write([write(join(disk, 'old'), bytes, 'old')]))).toEqual([expect.not.stringMatching(/^0$/)]);
        const events = host.write([
          write(join(disk, 'small'), 'x'),
          write(join(disk, 'old'), bytes, 'old'),
          write(join(disk, 'never'), 'x'),
        ]);
        expect(codes(events)[0]).toBe(0);
        expect(codes(events)[1]).not.toBe(0);
        expect(codes(events)).toHaveLength(2);
        expect([readFileSync(join(disk, 'old'), 'utf8'), readdirSync(disk).sort()]).toEqual(['old', ['old', 'small']]);
        rmSync(join(disk, 'small'));
      }
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test.each(['alone', 'beside another'])('new content of a file that becomes private is never where others can open it: %s', (how) => {
    const directory = made(`private-${how}`);
    const [path, log] = [join(directory, 'key'), `${directory}.log`];
    writeFileSync(path, 'old', { mode: 0o644 });
    writeFileSync(log, '');
    const action = { ...write(path, 'only for me', 'old'), ownership: { mode: '0600' } } as Action;
    const look = `stat -c %a "$T" "\${T%/*}" >>'${log}'`;
    const events = host.write([action, ...(how === 'alone' ? [] : [write(join(directory, 'other'), 'x')])], (text) =>
      text.replace('printf %s \'only for me\' >"$T"', (found) => `${look}; ${found}; ${look}`),
    );
    expect(codes(events).every((code) => code === 0)).toBe(true);
    const modes = readFileSync(log, 'utf8').trim().split('\n');
    expect(modes).toHaveLength(4);
    for (const index of [0, 2]) expect(modes[index]?.endsWith('00') || modes[index + 1] === '700').toBe(true);
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o7777]).toEqual(['only for me', 0o600]);
    expect(readdirSync(directory)).toEqual(how === 'alone' ? ['key'] : ['key', 'other']);
  });

  test('a refused ownership of a file that was there leaves it, and nothing besides', () => {
    const directory = made('kept');
    writeFileSync(join(directory, 'f'), 'old');
    const action = { ...write(join(directory, 'f'), 'x', 'old'), ownership: { owner: 'no-such-user' } } as Action;
    expect(codes(host.write([action, write(join(directory, 'g'), 'x')]))).toEqual([1]);
    expect([readdirSync(directory), readFileSync(join(directory, 'f'), 'utf8')]).toEqual([['f'], 'old']);
  });

  test('a refused ownership leaves nothing behind', () => {
    const directory = made('owner');
    const action = { ...write(join(directory, 'f'), 'x'), ownership: { owner: 'no-such-user' } } as Action;
    expect(codes(host.write([action, write(join(directory, 'g'), 'x')]))).toEqual([1]);
    expect(readdirSync(directory)).toEqual([]);
    chmodSync(directory, 0o755);
  });
});

describe('progress', () => {
  const stream = Buffer.from('\nnoise\nN start 0\nout\nput\nN\n\nN end 0 0\n\nN start 1\n\nN end 1 3\n');
  const parse = (pieces: readonly Buffer[]): unknown[] => {
    const events: unknown[] = [];
    const parser = new ProgressParser('N', (event) =>
      events.push(event.kind === 'end' ? { ...event, output: String(event.output) } : event),
    );
    for (const piece of pieces) parser.feed(piece);
    return events;
  };

  test('is the same however the output is cut', () => {
    const whole = parse([stream]);
    expect(whole).toEqual([
      { kind: 'start', index: 0 },
      { kind: 'end', index: 0, exitCode: 0, output: 'out\nput\nN\n' },
      { kind: 'start', index: 1 },
      { kind: 'end', index: 1, exitCode: 3, output: '' },
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
        expect(parse(at.slice(1).map((end, index) => stream.subarray(at[index], end)))).toEqual(whole);
      }),
    );
  });

  test('keeps the end of a long output', () => {
    const events: ActionEvent[] = [];
    const parser = new ProgressParser('N', (event) => events.push(event));
    for (let index = 0; index < 100; index += 1) parser.feed(Buffer.from(`${'x'.repeat(999)}${index % 10}`));
    expect(parser.output()).toHaveLength(16 * 1024);
    parser.feed(Buffer.from('last\nN end 0 0\n'));
    expect(events[0]?.kind === 'end' && String(events[0].output).endsWith('9last')).toBe(true);
  });
});

test('the stop file is made and removed', () => {
  for (const script of [stopScript('n1'), clearStopScript('n1')]) {
    execFileSync('sh', [], { input: script.text });
    expect(existsSync(stopFile('n1'))).toBe(script.text === stopScript('n1').text);
  }
  expect(compileWrite([], 'n2').kind).toBe('write');
});
