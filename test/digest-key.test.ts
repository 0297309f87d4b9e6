import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestKeyFile, openDigestKey } from '../src/digest-key.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'drover-key-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

describe('the key of digests', () => {
  test('is made once, for its owner alone, and nothing else is left beside it', () => {
    const first = openDigestKey(cwd);
    expect(first?.digest('x')).toMatch(/^[\w-]{22}$/);
    expect(openDigestKey(cwd)?.digest('x')).toBe(first?.digest('x'));
    expect(first?.digest('y')).not.toBe(first?.digest('x'));
    expect(statSync(digestKeyFile(cwd)).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(cwd, '.drover'))).toEqual(['key']);
  });

  test('is another one in another folder: the same text has another digest there', () => {
    const [here, there] = [openDigestKey(join(cwd, 'a')), openDigestKey(join(cwd, 'b'))];
    expect(here?.id).not.toBe(there?.id);
    expect(here?.digest('password')).not.toBe(there?.digest('password'));
  });

  test('is not shown by what it makes', () => {
    const key = openDigestKey(cwd);
    const bytes = readFileSync(digestKeyFile(cwd), 'utf8').trim();
    expect(`${key?.id}${key?.digest('')}${JSON.stringify(key)}`).not.toContain(bytes.slice(0, 8));
  });

  test.each(['', 'cut sho', 'a'.repeat(500)])('replaces a file that is no key: %j', (text) => {
    mkdirSync(join(cwd, '.drover'));
    writeFileSync(digestKeyFile(cwd), text);
    const made = openDigestKey(cwd);
    expect(made).not.toBeNull();
    expect(openDigestKey(cwd)?.id).toBe(made?.id);
  });

  test('is null where it cannot be kept', () => {
    writeFileSync(join(cwd, '.drover'), 'a file in the way');
    expect(openDigestKey(cwd)).toBeNull();
    mkdirSync(join(cwd, 'other', '.drover', 'key'), { recursive: true });
    chmodSync(join(cwd, 'other'), 0o700);
    expect(openDigestKey(join(cwd, 'other'))).toBeNull();
  });
});
