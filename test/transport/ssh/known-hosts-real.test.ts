import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashName, isAbout, knownHostName, parseCertAuthorities, parseKnownHosts } from '../../../src/transport/ssh/known-hosts.ts';
import { folder } from '../world.ts';
import { makeKey, publicKey } from './sshd.ts';

const noKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined ? null : 'ssh-keygen is not installed';
if (noKeygen !== null) console.warn(`skipped: known_hosts against ssh-keygen: ${noKeygen}`);

const NAMES = ['web1', 'WEB1', '192.0.2.1', '[web1]:2222', '[192.0.2.1]:22', '2001:db8::1', 'web1.example.com', 'db.example.com', 'alias'];
const PATTERNS = [...NAMES, '*', 'web?', '*.example.com', '!db.example.com', '!web1', '[*]:2222', '192.0.2.*', '', 'we*1', '"web1"', '*:*'];

/** Lines of a file that `ssh-keygen -F` finds for a name, with their marks. */
function findReally(file: string, name: string): readonly string[] {
  const { stdout } = spawnSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' });
  return [...stdout.matchAll(/found: line (\d+) ?(\w*)/g)].map(([, line, mark]) => `${line} ${mark}`.trim());
}

function find(file: string, name: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  const isFound = (entry: { names: string }): boolean => isAbout(entry, name.toLowerCase());
  const keys = parseKnownHosts(text, file).filter(isFound);
  const marked = [
    ...keys.map(({ line, revoked }) => ({ line, mark: revoked ? 'REVOKED' : '' })),
    ...parseCertAuthorities(text, file)
      .filter(isFound)
      .map(({ line }) => ({ line, mark: 'CA' })),
  ];
  return marked.sort((a, b) => a.line - b.line).map(({ line, mark }) => `${line} ${mark}`.trim());
}

/** One process a case: a busy machine gets through fewer of them. */
const EFFORT = { numRuns: 120, interruptAfterTimeLimit: 15_000 };

describe.skipIf(noKeygen !== null)('known_hosts against ssh-keygen -F', () => {
  it('finds the same lines of generated files, plain and hashed', () => {
    const home = folder();
    const keys = (['ed25519', 'ecdsa', 'rsa'] as const).map((type) => publicKey(makeKey(join(home, type), type)));
    const names = fc.array(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 3 }).map((patterns) => patterns.join(','));
    const salt = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    const hashed = fc.tuple(fc.constantFrom(...NAMES), salt).map(([name, bytes]) => hashName(name.toLowerCase(), bytes));
    const line = fc
      .record({
        indent: fc.constantFrom('', '', '', ' ', '\t'),
        // With a tab behind its mark ssh-keygen skips a line; drover takes it, as a key that is meant to be revoked had better be.
        mark: fc.constantFrom('', '', '', '', '@revoked ', '@cert-authority ', '@bogus '),
        names: fc.oneof({ weight: 3, arbitrary: names }, { weight: 1, arbitrary: hashed }),
        key: fc.constantFrom(...keys, 'ssh-foo AAAA', '1024 35 12345'),
        end: fc.constantFrom('', ' a comment', '  # x', '\r'),
      })
      .map(({ indent, mark, names: those, key, end }) => `${indent}${mark}${those} ${key}${end}`);
    const junk = fc.constantFrom('', '# web1', ' # web1', 'web1', 'web1 ssh-rsa', '@revoked', '@cert-authority web1');
    const file = join(home, 'known_hosts');
    // Names are looked up in lower case, by ssh too.
    const asked = fc.constantFrom(...NAMES.filter((name) => name !== 'WEB1'));
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: line }, { weight: 1, arbitrary: junk }), { maxLength: 12 }),
        asked,
        (lines, name) => {
          writeFileSync(file, `${lines.join('\n')}\n`);
          expect(find(file, name), name).toEqual(findReally(file, name));
        },
      ),
      EFFORT,
    );
  }, 60_000);

  it('writes lines that ssh-keygen finds, plain and hashed', () => {
    const file = join(folder(), 'known_hosts');
    const key = publicKey(makeKey(join(folder(), 'key')));
    const names = [knownHostName('Web1', 22), knownHostName('192.0.2.1', 2222), knownHostName('192.0.2.1', 2222, 'Alias')];
    expect(names).toEqual(['web1', '[192.0.2.1]:2222', 'alias']);
    writeFileSync(
      file,
      [...names, ...names.map((name) => hashName(name, Buffer.alloc(20, name)))].map((name) => `${name} ${key}\n`).join(''),
    );
    expect(names.map((name) => findReally(file, name))).toEqual([
      ['1', '4'],
      ['2', '5'],
      ['3', '6'],
    ]);
  });

  it('knows names that ssh-keygen hashed', () => {
    const file = join(folder(), 'known_hosts');
    const key = publicKey(makeKey(join(folder(), 'key')));
    writeFileSync(file, `Web1,[web1]:2222 ${key}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(['web1', '[web1]:2222', 'web2'].map((name) => find(file, name))).toEqual([['1'], ['2'], []]);
  });
});
