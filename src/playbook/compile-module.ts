import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildFailure, build, type Message } from 'esbuild';
import { bundlePlugin, MODULE_PLACE } from './bundle-plugin.ts';
import type { CompiledModule } from './module-cache.ts';
import { ModuleFailure, type ModuleFault } from './module-failure.ts';

/**
 * Bundles a user's module with all it imports into one text that may stand anywhere: what it needs from outside is named by URL.
 * `file` is absolute. Throws a ModuleFailure with the places of all syntax errors and unresolved imports.
 * The user's tsconfig.json is not read: a role means the same in every checkout.
 */
export async function compileModule(file: string, droverUrl: string): Promise<CompiledModule> {
  try {
    return await bundle(file, { droverUrl, keepPlaces: true });
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    // Again without our line at the end of files that name import.meta, where it would stand in a sentence that breaks off.
    const plain: unknown = await bundle(file, { droverUrl, keepPlaces: false }).catch((again: unknown) => again);
    const failure = isBuildFailure(plain) ? plain : error;
    throw new ModuleFailure(
      file,
      failure.errors.map((message) => faultOf(file, message)),
      failure,
    );
  }
}

interface BundleOptions {
  readonly droverUrl: string;
  readonly keepPlaces: boolean;
}

async function bundle(file: string, { droverUrl, keepPlaces }: BundleOptions): Promise<CompiledModule> {
  const inputs: Record<string, string | null> = {};
  const folder = dirname(file);
  const { outputFiles } = await build({
    entryPoints: [file],
    absWorkingDir: folder,
    outfile: `${folder}/${basename(file)}.compiled.mjs`,
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Node's own rules, without the field and the condition that only bundlers know.
    mainFields: ['main'],
    conditions: [],
    tsconfigRaw: {},
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
    define: keepPlaces ? MODULE_PLACE : {},
    plugins: [bundlePlugin({ droverUrl, inputs, keepPlaces })],
  });
  const text = (extension: string): string => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? '';
  return { code: `${text('.mjs')}//# sourceMappingURL=data:application/json;base64,${absoluteMap(folder, text('.map'))}\n`, inputs };
}

/** The map in base64, its sources as URLs: the compiled file stands somewhere else. */
function absoluteMap(folder: string, text: string): string {
  const map: { readonly sources: readonly string[] } = JSON.parse(text);
  const sources = map.sources.map((source) => (/^\w+:/.test(source) ? source : pathToFileURL(resolve(folder, source)).href));
  return Buffer.from(JSON.stringify({ ...map, sources })).toString('base64');
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.errors.length > 0;
}

/** esbuild counts columns in bytes, from 0. */
function faultOf(entry: string, { text, location }: Message): ModuleFault {
  const [, missing] = /^Could not resolve "(.+)"$/.exec(text) ?? [];
  const reason = missing === undefined ? text.replace(/"drover:(\w+)"/, '"$1"') : `there is no module "${missing}"`;
  if (location === null) return { reason, file: entry, position: null };
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString('utf8');
  return { reason, file: resolve(dirname(entry), location.file), position: { line: location.line, column: before.length + 1 } };
}
