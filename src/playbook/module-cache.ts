import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { VERSION } from '../version.ts';

/** A compiled module, and the files it stands for: SHA-256 by absolute path, null for a file that was looked for and was not there. */
export interface CompiledModule {
  readonly code: string;
  readonly inputs: Readonly<Record<string, string | null>>;
}

/** A module that can be imported, and its compiled text; empty for one that is imported as it is. */
export interface ReadyModule {
  readonly url: string;
  readonly code: string;
}

/** Keeps compiled modules between runs. Trouble with it is no error: modules are compiled again, and imported without a file. */
export interface ModuleCache {
  /** The kept module of this absolute path, or null where there is none that matches its inputs and the running drover. */
  read(file: string): Promise<ReadyModule | null>;
  /** Keeps a module and makes it ready to be imported. */
  write(file: string, compiled: CompiledModule): Promise<ReadyModule>;
}

const MANIFEST = z.object({
  drover: z.literal(VERSION),
  droverUrl: z.string(),
  /** SHA-256 of the compiled text, so that two processes that write at once cannot pair a text with the other's inputs. */
  code: z.string(),
  inputs: z.record(z.string(), z.string().nullable()),
});

/** Makes the cache in `cacheDirectory/modules`: a compiled `.mjs` for each module, and a `.json` that tells what it was made of. */
export function moduleCache({ droverUrl, cacheDirectory }: { readonly droverUrl: string; readonly cacheDirectory?: string }): ModuleCache {
  if (cacheDirectory === undefined) return { read: async () => null, write: async (_, { code }) => withoutFile(code) };
  const folder = join(cacheDirectory, 'modules');
  const base = (file: string): string => join(folder, digestOf(file).slice(0, 32));
  return {
    read: async (file) => {
      try {
        return await readKept(base(file), folder, droverUrl);
      } catch {
        return null;
      }
    },
    write: async (file, { code, inputs }) => {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (!(await isOurs(folder))) return withoutFile(code);
        const manifest: z.infer<typeof MANIFEST> = { drover: VERSION, droverUrl, code: digestOf(code), inputs };
        await replaceFile(`${base(file)}.mjs`, code);
        await replaceFile(`${base(file)}.json`, JSON.stringify(manifest));
        return ready(base(file), code);
      } catch {
        return withoutFile(code);
      }
    },
  };
}

/** SHA-256 in hexadecimal. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function readKept(base: string, folder: string, droverUrl: string): Promise<ReadyModule | null> {
  const manifest = MANIFEST.parse(JSON.parse(await readFile(`${base}.json`, 'utf8')));
  if (manifest.droverUrl !== droverUrl || !(await isOurs(folder))) return null;
  const code = await readFile(`${base}.mjs`, 'utf8');
  if (digestOf(code) !== manifest.code) return null;
  const same = await Promise.all(Object.entries(manifest.inputs).map(async ([path, digest]) => (await currentDigest(path)) === digest));
  return same.every((each) => each) ? ready(base, code) : null;
}

async function currentDigest(path: string): Promise<string | null> {
  return readFile(path).then(digestOf, () => null);
}

/** The query tells apart what a process imports before and after a module has changed. */
function ready(base: string, code: string): ReadyModule {
  return { url: `${pathToFileURL(`${base}.mjs`).href}?${digestOf(code).slice(0, 16)}`, code };
}

function withoutFile(code: string): ReadyModule {
  return { url: `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`, code };
}

/** Code of a folder that others may write, such as a `.drover` somebody else left in /tmp, is not run. */
async function isOurs(folder: string): Promise<boolean> {
  const { uid } = userInfo();
  const folders = [folder, dirname(folder), dirname(dirname(folder))];
  const found = await Promise.all(folders.map((each) => lstat(each)));
  return found.every((each) => each.isDirectory() && each.uid === uid && (each.mode & 0o022) === 0);
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
