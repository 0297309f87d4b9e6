import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { loadKeyFile, unlockKey } from '../../../src/transport/ssh/key-file.ts';
import { classifyKeyFile } from '../../../src/transport/ssh/key-file-class.ts';
import { folder } from '../world.ts';
import { makeKey, publicKey } from './sshd.ts';

const PASSPHRASE = 'correct horse';

/** A key pair in one of ssh-keygen's forms. */
function make(type: 'ed25519' | 'ecdsa' | 'rsa', options: { form?: 'PEM' | 'PKCS8'; passphrase?: string; cipher?: string } = {}): string {
  const { form, passphrase = '', cipher } = options;
  const file = makeKey(join(folder(), 'key'), type, passphrase);
  const pass = ['-P', passphrase, '-N', passphrase];
  if (form !== undefined) execFileSync('ssh-keygen', ['-q', '-p', '-m', form, ...pass, '-f', file], { stdio: 'ignore' });
  if (cipher !== undefined) execFileSync('ssh-keygen', ['-q', '-p', '-Z', cipher, ...pass, '-f', file], { stdio: 'ignore' });
  return file;
}

const classify = (file: string): ReturnType<typeof classifyKeyFile> => classifyKeyFile(readFileSync(file));
const blob = (file: string): string => publicKey(file).split(' ')[1] ?? '';

/** A private key of a type that ssh-keygen makes only with a device at hand: as far as the form shows it (PROTOCOL.key). */
function deviceKey(type: string): Buffer {
  const field = (bytes: Buffer | string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, Buffer.from(bytes)]);
  };
  const shown = Buffer.concat([field(type), field('x'.repeat(32)), field('ssh:')]);
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    Buffer.from([0, 0, 0, 1]),
    field(shown),
    field(''),
  ]);
  return Buffer.from(
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64').replaceAll(/.{70}/g, '$&\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
  );
}

describe('a key file made by ssh-keygen', () => {
  it.each([
    ['ed25519', {}, { format: 'openssh', type: 'ssh-ed25519', encrypted: false }],
    ['ed25519', { passphrase: PASSPHRASE }, { format: 'openssh', type: 'ssh-ed25519', encrypted: true }],
    ['ecdsa', { passphrase: PASSPHRASE }, { format: 'openssh', type: 'ecdsa-sha2-nistp256', encrypted: true }],
    ['rsa', {}, { format: 'openssh', type: 'ssh-rsa', encrypted: false }],
  ] as const)('of type %s with %j shows its public half', (type, options, expected) => {
    const file = make(type, options);
    const { publicKey: shown, ...rest } = classify(file);
    expect(rest).toEqual({ ...expected, obstacle: null });
    expect(shown?.toString('base64')).toBe(blob(file));
  });

  it.each([
    ['rsa', { form: 'PEM' }, { format: 'pem', type: 'ssh-rsa', encrypted: false, obstacle: null }],
    ['rsa', { form: 'PEM', passphrase: PASSPHRASE }, { format: 'pem', type: 'ssh-rsa', encrypted: true, obstacle: null }],
    ['ecdsa', { form: 'PEM' }, { format: 'pem', type: null, encrypted: false, obstacle: null }],
    ['ecdsa', { form: 'PEM', passphrase: PASSPHRASE }, { format: 'pem', type: null, encrypted: true, obstacle: null }],
  ] as const)('of type %s with %j is recognised', (type, options, expected) => {
    expect(classify(make(type, options))).toEqual({ ...expected, publicKey: null });
  });

  it.each([{}, { passphrase: PASSPHRASE }])('in PKCS#8 form is proposed to the transport openssh: %j', (options) => {
    const { format, encrypted, obstacle } = classify(make('rsa', { form: 'PKCS8', ...options }));
    expect([format, encrypted]).toEqual(['pkcs8', 'passphrase' in options]);
    expect(obstacle).toBe(
      'it is in PKCS#8 form: log in with --transport openssh (drover_transport: openssh), or convert a copy with ssh-keygen -p',
    );
  });

  it('encrypted by a cipher that ssh2 does not have is proposed to the transport openssh', () => {
    const { encrypted, obstacle } = classify(make('ed25519', { passphrase: PASSPHRASE, cipher: 'chacha20-poly1305@openssh.com' }));
    expect([encrypted, obstacle]).toEqual([
      true,
      'it is encrypted by chacha20-poly1305@openssh.com: log in with --transport openssh (drover_transport: openssh)',
    ]);
  });

  it('is told from a public key and from a certificate', () => {
    const file = make('ed25519');
    const authority = make('ed25519');
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'me', '-n', 'me', `${file}.pub`]);
    expect(classify(`${file}.pub`)).toMatchObject({ format: 'public', type: 'ssh-ed25519', obstacle: 'it is a public key' });
    expect(classify(`${file}-cert.pub`)).toMatchObject({
      format: 'public',
      type: 'ssh-ed25519-cert-v01@openssh.com',
      obstacle: 'it is a certificate: log in with --transport openssh (drover_transport: openssh)',
    });
    const exported = execFileSync('ssh-keygen', ['-e', '-f', `${file}.pub`]);
    expect(classifyKeyFile(exported)).toMatchObject({ format: 'rfc4716', obstacle: 'it is a public key' });
  });
});

describe('other key files', () => {
  it.each(['sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'])(
    'of an authenticator (%s) are proposed to the transport openssh',
    (type) => {
      expect(classifyKeyFile(deviceKey(type))).toMatchObject({
        format: 'openssh',
        type,
        encrypted: false,
        obstacle: 'it is the key of a FIDO authenticator: log in with --transport openssh (drover_transport: openssh)',
      });
    },
  );

  it.each<[string, string, object]>([
    [
      'PuTTY version 2',
      'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: aes256-cbc\n',
      { format: 'putty', type: 'ssh-rsa', encrypted: true, obstacle: null },
    ],
    [
      'PuTTY version 3',
      'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n',
      { format: 'putty', encrypted: false, obstacle: expect.stringContaining('puttygen') },
    ],
    [
      'an unknown type',
      'ssh-foo AAAAB3NzaC1mb28AAAA=',
      { format: 'public', obstacle: 'it is of the type ssh-foo, which drover does not know' },
    ],
    ['another PEM', '-----BEGIN CERTIFICATE-----\nAAAA\n', { format: 'unknown', obstacle: 'it is no key that drover knows' }],
    [
      'a cut one',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE\n',
      { format: 'openssh', obstacle: 'it is broken' },
    ],
    ['an empty one', '', { format: 'unknown' }],
    ['text', 'no key', { format: 'unknown' }],
  ])('%s', (_, text, expected) => {
    expect(classifyKeyFile(Buffer.from(text))).toMatchObject(expected);
  });
});

describe('a locked key', () => {
  it.each([
    ['ed25519', {}],
    ['ecdsa', {}],
    ['rsa', {}],
    ['rsa', { form: 'PEM' }],
    ['ecdsa', { form: 'PEM' }],
    ['ed25519', { cipher: 'aes256-cbc' }],
    ['ed25519', { cipher: 'aes256-gcm@openssh.com' }],
    ['ed25519', { cipher: '3des-cbc' }],
  ] as const)('(%s, %j) opens with its passphrase, and a wrong one is told', async (type, options) => {
    const file = make(type, { ...options, passphrase: PASSPHRASE });
    const locked = await loadKeyFile(file);
    expect([locked.key, locked.problem]).toEqual([null, 'it is encrypted: add it to an agent with ssh-add']);
    expect(unlockKey(locked, new Secret('wrong'))).toBe('wrong-passphrase');
    const opened = unlockKey(locked, new Secret(PASSPHRASE));
    expect(opened !== 'wrong-passphrase' && opened.publicKey?.toString('base64')).toBe(blob(file));
  });

  it('shows its public half without a .pub beside it where its form does', async () => {
    const [shows, hides] = [make('ed25519', { passphrase: PASSPHRASE }), make('rsa', { form: 'PEM', passphrase: PASSPHRASE })];
    const expected = blob(shows);
    expect((await loadKeyFile(hides)).publicKey?.toString('base64')).toBe(blob(hides));
    for (const file of [shows, hides]) rmSync(`${file}.pub`);
    expect((await loadKeyFile(shows)).publicKey?.toString('base64')).toBe(expected);
    expect((await loadKeyFile(hides)).publicKey).toBeNull();
  });

  it('does not let its passphrase show in what is said of it', async () => {
    const locked = await loadKeyFile(make('ed25519', { passphrase: PASSPHRASE }));
    expect(JSON.stringify([locked.problem, unlockKey(locked, new Secret('guess-7'))])).not.toMatch(/correct horse|guess-7/);
  });
});

describe('a key file that cannot be used', () => {
  it.each([
    [
      'an authenticator',
      deviceKey('sk-ssh-ed25519@openssh.com').toString(),
      'it is the key of a FIDO authenticator: log in with --transport openssh (drover_transport: openssh)',
    ],
    ['nothing', '', 'it is no key that drover knows'],
  ])('says why: %s', async (_, text, problem) => {
    const file = join(folder(), 'key');
    writeFileSync(file, text);
    expect(await loadKeyFile(file)).toMatchObject({ key: null, problem, missing: false, locked: null });
  });

  it.each([null, PASSPHRASE])('may be opened by others, as ssh has it (passphrase: %s)', async (passphrase) => {
    const file = make('ed25519', passphrase === null ? {} : { passphrase });
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(file, mode);
      const problem = `others can open it (mode ${mode.toString(8)}), so ssh refuses it, too: chmod 600 ${file}`;
      expect(await loadKeyFile(file)).toMatchObject({ key: null, locked: null, problem, missing: false });
      expect(spawnSync('ssh-keygen', ['-y', '-P', passphrase ?? '', '-f', file]).stderr.toString()).toContain(
        'UNPROTECTED PRIVATE KEY FILE',
      );
    }
    chmodSync(file, 0o400);
    expect((await loadKeyFile(file)).problem).toBe(passphrase === null ? null : 'it is encrypted: add it to an agent with ssh-add');
  });

  it('is missing, or not readable', async () => {
    expect(await loadKeyFile('/no/such/key')).toMatchObject({ problem: 'no such file', missing: true });
    expect(await loadKeyFile(folder())).toMatchObject({ missing: false, problem: expect.stringContaining('EISDIR') });
  });
});
