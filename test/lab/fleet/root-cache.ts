import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = '/var/cache/drover-lab';

/** How a cached folder is made. */
export interface CachedFolder {
  readonly name: string;
  /** Everything that decides the content: another recipe is another folder. */
  readonly recipe: unknown;
  readonly build: (directory: string) => Promise<void>;
}

/** Path of a folder below /var/cache/drover-lab, built when it is not there yet. It gets its name when it is complete, so two builders do no harm. */
export async function cachedFolder(folder: CachedFolder): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(folder.recipe)).digest('hex').slice(0, 12);
  const path = join(CACHE, `${folder.name}-${digest}`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true, mode: 0o755 });
  removeAbandoned(`${folder.name}-`);
  const temporary = `${path}.building-${process.pid}`;
  try {
    await folder.build(temporary);
    if (!existsSync(path)) renameSync(temporary, path);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return path;
}

function removeAbandoned(prefix: string): void {
  for (const name of readdirSync(CACHE)) {
    const builder = /\.building-(\d+)$/.exec(name)?.[1];
    if (name.startsWith(prefix) && builder && !existsSync(`/proc/${builder}`)) rmSync(join(CACHE, name), { recursive: true, force: true });
  }
}
