import { spawn } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lab } from './lab.ts';

/** Secrets by name, each in every form in which it would be one. */
export type Secrets = Readonly<Record<string, readonly Buffer[]>>;

/** A text as it is, in base64 and in hexadecimal. */
export function formsOf(secret: string | Buffer): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  // Without its last characters, which depend on what follows.
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return Buffer.from(text.slice(shift === 0 ? 0 : 4, -4));
  });
  return [bytes, ...base64, Buffer.from(bytes.toString('hex'))];
}

/** The 32 bytes that an ed25519 key is made of, from its file without a passphrase. */
export function seedOf(keyFile: string): Buffer {
  const blob = Buffer.from(readFileSync(keyFile, 'latin1').replace(/-----.*-----|\n/g, ''), 'base64');
  const publicBlob = Buffer.from(readFileSync(`${keyFile}.pub`, 'latin1').split(' ')[1] ?? '', 'base64');
  const at = blob.lastIndexOf(publicBlob.subarray(-32));
  if (at < 32) throw new Error(`${keyFile} is no plain ed25519 key`);
  return blob.subarray(at - 32, at);
}

/** Names of the secrets that some bytes hold, each as `WHERE: NAME`. */
export function secretsIn(where: string, bytes: Buffer, secrets: Secrets): string[] {
  return Object.entries(secrets).flatMap(([name, forms]) => (forms.some((form) => bytes.includes(form)) ? [`${where}: ${name}`] : []));
}

/** The same for all files of a folder and the folders in it. */
export function secretsBelow(folder: string, secrets: Secrets, leftOut: readonly string[] = []): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined || leftOut.includes(path)) return [];
    if (stats.isDirectory()) return secretsBelow(path, secrets, leftOut);
    return stats.isFile() ? secretsIn(path, readFileSync(path), secrets) : [];
  });
}

/** What a host holds of these secrets: in files that differ from the fleet's root, in memory file systems, and in the journal, which packs long messages. */
export async function secretsOn(name: string, secrets: Secrets): Promise<string[]> {
  const inside = `/proc/${lab().leader(name)}/root`;
  const journal = await lab().exec(name, ['sh', '-c', 'journalctl --sync; journalctl --all --quiet --output=export']);
  return [
    ...secretsBelow(join(lab().host(name).directory, 'upper'), secrets),
    ...['/run', '/tmp', '/dev/shm'].flatMap((folder) => secretsBelow(inside + folder, secrets, [`${inside}/run/host`])),
    ...secretsIn('journal', Buffer.from(journal.stdout), secrets),
  ];
}

/** What the sampler saw. */
export interface Sampled {
  readonly sweeps: number;
  readonly medianMs: number;
  readonly found: readonly {
    readonly pid: number;
    readonly file: 'cmdline' | 'environ';
    readonly secret: string;
    readonly program: string;
  }[];
}

/** Samples the arguments and environments of all processes, this machine's and the hosts', until it is told to stop. */
export async function startSampler(secrets: Secrets): Promise<{ readonly stop: () => Promise<Sampled> }> {
  const sampler = spawn(process.execPath, [new URL('./proc-sampler.mjs', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  const ended = new Promise((resolve) => sampler.once('close', resolve));
  const began = new Promise((resolve) => sampler.stdout.once('data', resolve));
  sampler.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const forms = Object.entries(secrets).map(([name, all]) => [name, all.map((form) => form.toString('latin1'))]);
  sampler.stdin.write(`${JSON.stringify(Object.fromEntries(forms))}\n`);
  await Promise.race([began, ended.then(() => Promise.reject(new Error('the sampler did not begin')))]);
  const stop = async (): Promise<Sampled> => {
    sampler.stdin.end();
    await ended;
    return JSON.parse(output.slice(output.indexOf('{')));
  };
  return { stop };
}
