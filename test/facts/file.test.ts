import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { READ_LIMIT } from '../../src/facts/file-script.ts';
import type { FileFact } from '../../src/model/fact.ts';
import { hosts, scratchDirectory } from '../steps/support/host.ts';

const root = scratchDirectory();

const ODD_NAMES = [
  'plain',
  'with space',
  ' leading and trailing ',
  "quote's",
  'double"quote',
  '-dash',
  '$HOME `id`',
  'new\nline',
  'back\\slash',
  'back\\slash\nand newline',
  'cr\rname',
  'tab\tname',
  '*?[x]',
  'Ünïcödé Á 日本',
  '%s%n',
  'colon:name:x',
  '!',
];

function sha(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.each(hosts)('file facts read by $name', (host) => {
  const readOne = (path: string, content?: 'always' | { unless: string }): unknown => {
    const state = host.read([{ kind: 'file', key: path, ...(content === undefined ? {} : { content }) }]).get(`file ${path}`);
    return state?.state === 'known' ? state.value : state;
  };

  test('odd names are read, all at once, each with its own bytes and digest', () => {
    const directory = join(root, `names-${host.name}`);
    mkdirSync(directory);
    const paths = ODD_NAMES.map((name) => join(directory, name));
    for (const path of paths) writeFileSync(path, `content of ${path}`);
    const facts = host.read(paths.map((key) => ({ kind: 'file', key, content: 'always' })));
    for (const path of paths) {
      const bytes = Buffer.from(`content of ${path}`);
      expect(facts.get(`file ${path}`), path).toMatchObject({
        state: 'known',
        value: { type: 'file', content: { digest: sha(bytes), size: bytes.length, bytes: Uint8Array.from(bytes) } },
      });
    }
  });

  test('odd names of links and odd targets are read', () => {
    const directory = join(root, `links-${host.name}`);
    mkdirSync(directory);
    for (const name of ODD_NAMES) symlinkSync(`../${name}`, join(directory, name));
    symlinkSync("a' -> 'b\n", join(directory, 'arrow'));
    symlinkSync(directory, join(directory, 'to directory'));
    const keys = [...ODD_NAMES, 'arrow', 'to directory'].map((name) => join(directory, name));
    const facts = host.read(keys.map((key) => ({ kind: 'file', key })));
    const targets = keys.map((key) => {
      const state = facts.get(`file ${key}`);
      return state?.state === 'known' && state.value && 'target' in state.value ? state.value.target : state;
    });
    expect(targets).toEqual([...ODD_NAMES.map((name) => `../${name}`), "a' -> 'b\n", directory]);
    expect(facts.get(`file ${join(directory, 'to directory')}`)).toMatchObject({ value: { toDirectory: true } });
    expect(facts.get(`file ${join(directory, 'plain')}`)).toMatchObject({ value: { toDirectory: false } });
  });

  test('every type is told apart', () => {
    const directory = join(root, `types-${host.name}`);
    mkdirSync(directory);
    chmodSync(directory, 0o2751);
    writeFileSync(join(directory, 'empty'), '', { mode: 0o640 });
    chmodSync(join(directory, 'empty'), 0o4640);
    symlinkSync('nowhere', join(directory, 'dangling'));
    const { user, group } = host.base.as;
    const owned = { owner: user, group };
    expect(readOne(directory)).toEqual({ type: 'directory', mode: '2751', ...owned });
    expect(readOne(join(directory, 'empty'))).toEqual({ type: 'file', mode: '4640', ...owned, content: null });
    expect(readOne(join(directory, 'dangling'))).toEqual({ type: 'link', target: 'nowhere', ...owned, toDirectory: false });
    expect(readOne(join(directory, 'empty', 'below'))).toEqual({ type: 'absent' });
    expect(readOne(join(directory, 'none', 'at', 'all'))).toEqual({ type: 'absent' });
    expect(readOne('/dev/null')).toMatchObject({ type: 'other' });
    expect(readOne('/')).toMatchObject({ type: 'directory' });
  });

  test('bytes stay on the host when the digest is the wanted one or nobody asks for them', () => {
    const path = join(root, `unless-${host.name}`);
    const bytes = Uint8Array.from([0, 255, 10, 128, 0x81]);
    writeFileSync(path, bytes);
    expect(readOne(path)).toMatchObject({ content: null });
    expect(readOne(path, { unless: sha(bytes) })).toMatchObject({ content: { digest: sha(bytes), size: 5, bytes: null } });
    expect(readOne(path, { unless: '0'.repeat(64) })).toMatchObject({ content: { bytes } });
  });

  test('a file longer than the read limit brings its digest only, and does not disturb its neighbours', () => {
    const big = join(root, `big-${host.name}`);
    const small = join(root, `small-${host.name}`);
    writeFileSync(big, 'x');
    truncateSync(big, READ_LIMIT + 1);
    writeFileSync(small, 'small');
    const facts = host.read([big, small].map((key) => ({ kind: 'file', key, content: 'always' })));
    expect(facts.get(`file ${big}`)).toMatchObject({ value: { content: { size: READ_LIMIT + 1, bytes: null } } });
    expect(facts.get(`file ${small}`)).toMatchObject({ value: { content: { bytes: Uint8Array.from(Buffer.from('small')) } } });
  });

  test('more paths than one stat takes keep their order', () => {
    const directory = join(root, `many-${host.name}`);
    mkdirSync(directory);
    const keys = Array.from({ length: 450 }, (_, index) => join(directory, String(index)));
    keys.forEach((key, index) => {
      if (index % 3 !== 0) writeFileSync(key, `number ${index}`);
    });
    const facts = host.read(keys.map((key) => ({ kind: 'file', key, content: 'always' })));
    const found = keys.map((key) => facts.get(`file ${key}`)).map((state) => (state?.state === 'known' ? (state.value as FileFact) : null));
    found.forEach((value, index) => {
      if (index % 3 === 0) expect(value).toEqual({ type: 'absent' });
      else expect(value).toMatchObject({ content: { bytes: Uint8Array.from(Buffer.from(`number ${index}`)) } });
    });
  });

  test('random bytes arrive unchanged', () => {
    const path = join(root, `random-${host.name}`);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        writeFileSync(path, bytes);
        expect(readOne(path, 'always')).toMatchObject({ content: { digest: sha(bytes), bytes } });
      }),
      { numRuns: 15 },
    );
  });
});

test('a path that vanishes while it is read leaves the others right', () => {
  const directory = join(root, 'vanish');
  mkdirSync(directory);
  const keys = ['a', 'b', 'c'].map((name) => join(directory, name));
  for (const key of keys) writeFileSync(key, key);
  for (const host of hosts) {
    writeFileSync(keys[1]!, keys[1]!);
    // The function that prints the separator is called between the tests of a path and its stat.
    const facts = host.read(
      keys.map((key) => ({ kind: 'file', key, content: 'always' })),
      (text) => text.replace('printf \'%s\\n\' "$k"', `rm -f ${keys[1]}; printf '%s\\n' "$k"`),
    );
    expect(facts.get(`file ${keys[0]}`)).toMatchObject({ value: { content: { digest: sha(Buffer.from(keys[0]!)) } } });
    expect(facts.get(`file ${keys[1]}`)).toEqual({ state: 'unreadable', reason: 'it changed while it was being read' });
    expect(facts.get(`file ${keys[2]}`)).toMatchObject({ value: { content: { digest: sha(Buffer.from(keys[2]!)) } } });
  }
});
