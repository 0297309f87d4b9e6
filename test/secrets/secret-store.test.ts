import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { armor, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, onTestFinished, test } from 'vitest';
import type { SecretSource } from '../../src/model/secret.ts';
import { SecretStore } from '../../src/secrets/secret-store.ts';
import { canariesIn } from './finder.ts';

const SPOT = { what: 'the secret', place: null, line: null };
const at = (root: string, ...names: readonly string[]): string => join(root, ...names);

interface World {
  readonly root: string;
  readonly env: Record<string, string | undefined>;
  readonly store: SecretStore;
  readonly said: () => string;
  /** The secret, or why there is none. */
  fetch(source: SecretSource, folder?: string): Promise<string>;
}

function world(files: Readonly<Record<string, string | Uint8Array>> = {}, env: Record<string, string | undefined> = {}): World {
  const root = mkdtempSync(join(tmpdir(), 'drover-secrets-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(at(root, 'home', '.config', 'drover'), { recursive: true });
  mkdirSync(at(root, 'below'));
  for (const [name, content] of Object.entries(files)) writeFileSync(at(root, name), content);
  let said = '';
  const store = new SecretStore({ cwd: root, home: at(root, 'home'), env, say: (text) => (said += text) });
  return {
    root,
    env,
    store,
    said: () => said,
    fetch: async (source, folder = root) => {
      const state = await store.from(source, folder, SPOT).fetch();
      if (typeof state === 'string') throw new Error(state);
      return 'text' in state ? state.text : state.missing.replaceAll(`${root}/`, '');
    },
  };
}

async function encrypted(text: string, identity: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  return encrypter.encrypt(text);
}

test.each<[string, Readonly<Record<string, string | Uint8Array>>, SecretSource, string]>([
  ['a variable', {}, { env: 'TOKEN' }, 'from env'],
  ['a variable that is not set', {}, { env: 'OTHER' }, 'OTHER is not set in the environment'],
  ['a file, without one newline at its end', { 'a.txt': ' two\nlines\n\n' }, { file: 'a.txt' }, ' two\nlines\n'],
  ['a file in the home directory', { 'home/a': 'at home\r\n' }, { file: '~/a' }, 'at home'],
  ['no file', {}, { file: 'a.txt' }, 'a.txt cannot be read: there is no such file'],
  ['a directory', {}, { file: 'below' }, 'below cannot be read: it is a directory'],
  ['an empty file', { 'a.txt': '\n' }, { file: 'a.txt' }, 'a.txt is empty'],
  ['a file that is no text', { 'a.txt': Uint8Array.of(0xff, 0xfe) }, { file: 'a.txt' }, 'a.txt is not UTF-8 text'],
  ['a command', {}, { command: "printf 'é two\\nlines\\n'" }, 'é two\nlines'],
  ['a command that fails', {}, { command: 'echo hunter2; exit 3' }, 'its command ended with exit code 3'],
  ['a command that is ended', {}, { command: 'kill -9 $$' }, 'its command was ended by SIGKILL'],
  ['a command that says nothing', {}, { command: 'echo' }, 'its command printed nothing'],
])('a secret comes from %s', async (_, files, source, expected) => {
  expect(await world(files, { TOKEN: 'from env' }).fetch(source)).toBe(expected);
});

test('a path is relative to the file that it stands in, a command is run where drover is', async () => {
  const { root, fetch } = world({ 'below/a': 'below', a: 'above' });
  expect(await fetch({ file: 'a' }, 'below')).toBe('below');
  expect(await fetch({ command: 'cat a' }, at(root, 'below'))).toBe('above');
});

test('each source is asked once, when something wants it; variables are taken out of the environment, behind the commands', async () => {
  const { root, env, store } = world({}, { TOKEN: 'from env' });
  const secrets = [
    store.from({ env: 'TOKEN' }, root, SPOT),
    store.from({ command: 'echo run >>runs; echo "$TOKEN at $((1 + 1))"' }, root, SPOT),
    store.from({ command: 'echo run >>runs; echo "$TOKEN at $((1 + 1))"' }, 'elsewhere', SPOT),
  ];
  const [unwanted] = [store.from({ command: 'echo run >>unwanted; echo x' }, root, SPOT)];
  expect(secrets.map((secret) => secret.state())).toEqual(['not fetched', 'not fetched', 'not fetched']);
  expect([await store.fetchWanted(), await store.fetchWanted()]).toEqual([true, false]);
  expect(secrets.map((secret) => secret.reveal())).toEqual(['from env', 'from env at 2', 'from env at 2']);
  expect(readFileSync(at(root, 'runs'), 'utf8')).toBe('run\n');
  expect(env).toEqual({});
  expect(() => unwanted?.reveal()).toThrow('was not fetched');
});

test('what is known is kept out of sight from then on, also what a command that fails has printed and says on standard error', async () => {
  const { root, store, said, fetch } = world({}, {});
  store.known('stands-here');
  await fetch({ command: 'echo printed-all-the-same; echo "not printed-all-the-same" >&2; exit 1' }, root);
  expect(store.redactor.text('stands-here printed-all-the-same')).toBe('[secret] [secret]');
  expect(store.redactor.text(said())).toBe('not [secret]\n');
});

test('of a password the first line counts', async () => {
  const { root, store } = world();
  const password = store.from({ command: "printf 'pass word\\nuser: me\\n'" }, root, SPOT).asPassword({ ...SPOT, what: 'drover_password' });
  await password.fetch();
  expect([password.reveal(), `${password}`, JSON.stringify({ password })]).toEqual(['pass word', '[secret]', '{"password":"[secret]"}']);
});

test.each([
  ['X25519', generateX25519Identity],
  ['ML-KEM-768 with X25519', generateHybridIdentity],
])('an age file is decrypted by the identity in the usual place (%s)', async (_, generate) => {
  const identity = await generate();
  const file = await encrypted('decrypted\n', identity);
  const { store, fetch } = world({
    'a.age': file,
    'b.age': armor.encode(file),
    'home/.config/drover/age-identity.txt': `# public key: x\n\n${identity}\n`,
  });
  expect(await fetch({ age: 'a.age', key: null, identity: null })).toBe('decrypted');
  expect(await fetch({ age: 'b.age', key: null, identity: null })).toBe('decrypted');
  expect(store.redactor.text(`decrypted by ${identity}`)).toBe('[secret] by [secret]');
});

test('the identity may be named, or stand in the environment; entries are taken from YAML and JSON', async () => {
  const identity = await generateX25519Identity();
  const { root, env, fetch } = world({
    key: identity,
    'a.age': await encrypted('db: hunter2\npin: 0042\nport: 80\nlist: [1]\nempty: ""\n', identity),
    'b.age': await encrypted('{"db": "json"}', identity),
    'c.age': await encrypted('no mapping: [', identity),
  });
  const entry = (age: string, key: string): Promise<string> => fetch({ age, key, identity: 'key' });
  expect(await entry('a.age', 'db')).toBe('hunter2');
  expect(await entry('a.age', 'pin')).toBe('0042');
  expect(await entry('a.age', 'port')).toBe('80');
  expect(await entry('a.age', 'nothing')).toBe('a.age has no entry "nothing"');
  expect(await entry('a.age', 'list')).toBe('the entry "list" of a.age is no text');
  expect(await entry('a.age', 'empty')).toBe('the entry "empty" of a.age is empty');
  expect(await entry('c.age', 'db')).toBe('c.age holds no YAML or JSON mapping to take "db" from');
  env.DROVER_AGE_IDENTITY = at(root, 'key');
  expect(await fetch({ age: 'b.age', key: 'db', identity: null })).toBe('json');
});

test('what keeps an age file from being read is said', async () => {
  const [own, other] = [await generateX25519Identity(), await generateX25519Identity()];
  const { root, fetch } = world({
    'a.age': await encrypted('decrypted', own),
    'broken.age': 'not encrypted',
    other,
    none: '# nothing\n',
    ssh: '-----BEGIN OPENSSH PRIVATE KEY-----\n',
  });
  const by = (identity: string | null, age = 'a.age'): Promise<string> => fetch({ age, key: null, identity });
  expect(await by(null)).toBe('the age identity home/.config/drover/age-identity.txt cannot be read: there is no such file');
  expect(await by('none')).toBe('the age identity file none holds no identity');
  expect(await by('ssh')).toBe('the age identity file ssh holds what is no identity of age itself (AGE-SECRET-KEY-1…)');
  expect(await by('other')).toMatch(/^a\.age cannot be decrypted: /);
  expect(await by('other', 'broken.age')).toMatch(/^broken\.age cannot be decrypted: /);
  expect(await by('other', 'no.age')).toBe('no.age cannot be read: there is no such file');
  if (process.getuid?.() === 0) return;
  chmodSync(at(root, 'a.age'), 0);
  expect(await by('other')).toBe('a.age cannot be read: permission denied');
});

test('the finder of these tests finds a canary in every encoding, and nothing where there is none', () => {
  const canary = 'qwertzuiopasdfghjklyxcvb';
  const text = `x"${canary}'<&`;
  const hidden = [
    text,
    JSON.stringify(JSON.stringify(text)),
    encodeURIComponent(text),
    Buffer.from(text).toString('base64'),
    Buffer.from(`??${text}`).toString('base64url'),
    Buffer.from(text).toString('hex'),
    Buffer.from(Buffer.from(text).toString('base64')).toString('hex'),
    [...text].join('\n    + '),
    text.replace(/(.{7})/g, '$1\\n'),
    [...text].map((each) => `%${each.charCodeAt(0).toString(16)}`).join(''),
  ];
  for (const each of hidden) expect(canariesIn(`before ${each} behind`, { canary }), each).toEqual(['canary']);
  expect(canariesIn(hidden.join('\n'), { canary: canary.toUpperCase() })).toEqual([]);
});
