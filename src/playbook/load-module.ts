import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ModuleCache, moduleCache, type ReadyModule } from './module-cache.ts';
import { thrownFailure } from './module-failure.ts';

/**
 * Imports a user's module. Rejects with a ModuleFailure for what stands in the module or in what it imports,
 * and with the file system's error where the file cannot be read.
 */
export type LoadModule = (path: string) => Promise<{ readonly default?: unknown }>;

/** How modules are loaded. */
export interface ModuleOptions {
  /** File URL of the running drover's index, which `drover` means in roles and playbooks. */
  readonly droverUrl: string;
  /** Where compiled modules are kept between runs; made when needed. Default: nowhere, they are compiled each time. */
  readonly cacheDirectory?: string;
}

/** True for files that are loaded as modules rather than read as YAML. */
export function isModulePath(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path);
}

/**
 * Makes a loader of roles and typed playbooks, in which `drover` is the running drover. drover's own modules are imported as they are,
 * users' ones are compiled to one file each, so that no loader hooks are needed: those cost 0.2 s of CPU a run.
 */
export function moduleLoader(options: ModuleOptions): LoadModule {
  const cache = moduleCache(options);
  return async (path) => {
    const file = await realpath(resolve(path));
    const url = pathToFileURL(file).href;
    const module = isNative(url, options.droverUrl) ? { url, code: '' } : await readyModule(file, cache, options);
    return import(module.url).catch((error: unknown) => Promise.reject(thrownFailure(file, module, error)));
  };
}

/** Below drover's own folder, in CommonJS (which cannot require drover), or with drover run from source: then tsx or vitest compiles. */
function isNative(url: string, droverUrl: string): boolean {
  return url.startsWith(new URL('.', droverUrl).href) || url.endsWith('.cjs') || droverUrl.endsWith('.ts');
}

async function readyModule(file: string, cache: ModuleCache, { droverUrl }: ModuleOptions): Promise<ReadyModule> {
  const kept = await cache.read(file);
  if (kept !== null) return kept;
  const { compileModule } = await import('./compile-module.ts');
  return cache.write(file, await compileModule(file, droverUrl));
}
