import { readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { digestOf } from './module-cache.ts';

/** What the parts of `import.meta` that tell a file's place become: names that each file imports for itself. */
export const MODULE_PLACE: Readonly<Record<string, string>> = {
  'import.meta.url': '__drover_url',
  'import.meta.filename': '__drover_filename',
  'import.meta.dirname': '__drover_dirname',
};

/** How a module's imports are bundled. */
export interface BundlePluginOptions {
  readonly droverUrl: string;
  /** Gets the SHA-256 of each file that is read; null for one that must stay absent for the bundle to hold. */
  readonly inputs: Record<string, string | null>;
  /** Whether `import.meta.url` keeps naming the original file. */
  readonly keepPlaces: boolean;
}

/**
 * Resolves what users import: `drover` and, where they have none, `zod` from the running drover; their CommonJS packages by URL, because
 * only Node gives those `require` and `__dirname`; all else is bundled.
 */
export function bundlePlugin(options: BundlePluginOptions): Plugin {
  return {
    name: 'drover',
    setup: (build) => {
      build.onResolve({ filter: /./ }, (args) => resolveImport(build, args, options));
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => loadFile(path, options));
      build.onLoad({ filter: /./, namespace: 'drover' }, ({ path }) => loadOwn(path, options.droverUrl));
      build.onLoad({ filter: /./, namespace: 'place' }, ({ path }) => ({ contents: placeOf(path), loader: 'js' }));
    },
  };
}

const RESOLVING = 'resolving';

async function resolveImport(build: PluginBuild, args: OnResolveArgs, options: BundlePluginOptions): Promise<OnResolveResult | null> {
  const { path, importer, resolveDir, kind, pluginData } = args;
  if (kind === 'entry-point' || pluginData === RESOLVING) return null;
  if (path === options.droverUrl) return { path, external: true };
  if (path === PLACE) return { path: importer, namespace: 'place' };
  if (path === 'drover') return { path, namespace: 'drover' };
  const found = await build.resolve(path, { importer, resolveDir, kind, with: args.with, pluginData: RESOLVING });
  if (found.errors.length > 0) return path === 'zod' ? ownZod(resolveDir, options) : null;
  if (found.external || found.namespace !== 'file') return null;
  await notePackage(found.path, options);
  return (await isCommonJs(found.path)) ? { path: pathToFileURL(found.path).href, external: true } : null;
}

/** drover's zod stands in until the user installs one. */
function ownZod(folder: string, { inputs }: BundlePluginOptions): OnResolveResult {
  for (let at = folder; ; at = dirname(at)) {
    inputs[join(at, 'node_modules/zod/package.json')] = null;
    if (at === dirname(at)) return { path: 'zod', namespace: 'drover' };
  }
}

/** The names are spelt out, so that a wrong one is found with its place. */
async function loadOwn(name: string, droverUrl: string): Promise<OnLoadResult> {
  const drover: Readonly<Record<string, unknown>> = await import(droverUrl);
  const from = JSON.stringify(droverUrl);
  if (name === 'drover') return { contents: `export { ${Object.keys(drover).join(', ')} } from ${from};`, loader: 'js' };
  const names = Object.keys(drover.z ?? {}).filter((each) => each !== 'z' && each !== 'default');
  const lines = names.map((each, at) => `const _${at} = /* @__PURE__ */ (() => z.${each})();\nexport { _${at} as ${each} };`);
  return { contents: `import { z } from ${from};\nexport { z, z as default };\n${lines.join('\n')}`, loader: 'js' };
}

const PLACE = 'drover:place';
const IMPORT_PLACE = `\n;import { ${Object.values(MODULE_PLACE).join(', ')} } from '${PLACE}';`;

/** Imports count wherever they stand: a line at the end leaves every place of the file as it was. */
async function loadFile(path: string, { inputs, keepPlaces }: BundlePluginOptions): Promise<OnLoadResult> {
  const contents = await readFile(path);
  inputs[path] = digestOf(contents);
  const asks = keepPlaces && /\.[cm]?[jt]sx?$/.test(path) && contents.includes('import.meta');
  return { contents: asks ? `${contents.toString('utf8')}${IMPORT_PLACE}` : contents, loader: 'default', resolveDir: dirname(path) };
}

function placeOf(path: string): string {
  const places = [pathToFileURL(path).href, path, dirname(path)];
  return Object.values(MODULE_PLACE)
    .map((name, at) => `export const ${name} = ${JSON.stringify(places[at])};`)
    .join('\n');
}

/** What a package's name leads to stands in its package.json. */
async function notePackage(path: string, { inputs }: BundlePluginOptions): Promise<void> {
  const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
  if (folder === undefined) return;
  const manifest = join(folder, 'package.json');
  inputs[manifest] ??= await readFile(manifest).then(digestOf, () => null);
}

/** By Node's rule, but for users' own `.js` files: those are modules. */
async function isCommonJs(path: string): Promise<boolean> {
  if (extname(path) !== '.js') return extname(path) === '.cjs';
  if (!path.includes('/node_modules/')) return false;
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
    const text = await readFile(join(at, 'package.json'), 'utf8').catch(() => null);
    if (text !== null) return JSON.parse(text).type !== 'module';
  }
  return true;
}
