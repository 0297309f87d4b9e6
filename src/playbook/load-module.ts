import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { registerHooks, registerTypeScript } from './module-hooks.ts';

/** Imports a user's module; rejects with whatever the module throws. */
export type LoadModule = (path: string) => Promise<{ readonly default?: unknown }>;

/** True for files that are loaded as modules rather than read as YAML. */
export function isModulePath(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path);
}

/**
 * Makes a loader of roles and typed playbooks, in which `drover` is the running drover.
 * `droverUrl` is the file URL of its `index`.
 */
export function moduleLoader(droverUrl: string): LoadModule {
  return async (path) => {
    registerHooks(droverUrl);
    if (/\.[cm]?ts$/.test(path)) await registerTypeScript();
    return import(pathToFileURL(resolve(path)).href);
  };
}
