import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const DROVER_URL = new URL('../../dist/index.js', import.meta.url).href;

interface Loaded {
  readonly file: string;
  /** Name, and whether the role's `drover` is the running one. */
  readonly roles: readonly (readonly [string, boolean])[];
  /** The property `seen` of each role. */
  readonly seen: readonly unknown[];
  readonly problems: string;
}

export interface Output {
  readonly playbooks: readonly Loaded[];
  readonly listed: readonly (readonly [string, string])[];
}

export interface LoadOptions {
  readonly folder: string;
  readonly files: readonly string[];
  /** Default: none. */
  readonly cacheDirectory?: string;
  /** Default: nothing but PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Loads playbooks as an installed drover does: compiled, in a process of its own, without a loader of TypeScript. */
export interface Production {
  load(options: LoadOptions): Promise<Output>;
  remove(): Promise<void>;
}

/** Builds dist/ where it is missing, and the program that loads. It stands below the project, where it finds drover's packages. */
export async function production(): Promise<Production> {
  if (!existsSync(fileURLToPath(DROVER_URL))) await run(process.execPath, [here('../../.build.mjs')]);
  const program = here(`../../.drover/elsewhere-${randomUUID()}.mjs`);
  await build({
    entryPoints: [here('./elsewhere.ts')],
    outfile: program,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
  });
  return {
    load: async ({ folder, files, cacheDirectory, env = {} }) => {
      const argument = JSON.stringify({ folder, files, cacheDirectory, droverUrl: DROVER_URL });
      const { stdout } = await run(process.execPath, [program, argument], { env: { PATH: process.env.PATH, ...env } });
      return JSON.parse(stdout);
    },
    remove: () => rm(program, { force: true }),
  };
}

/** A folder with these files; the caller removes it. */
export async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'drover-elsewhere-')));
  await writeFiles(folder, files);
  return folder;
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
