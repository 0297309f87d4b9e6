import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { ReadyModule } from './module-cache.ts';

/** One reason why a module cannot be loaded, at its place in the user's source; the position is null where it is not known. */
export interface ModuleFault {
  readonly reason: string;
  /** Absolute path: the module, or a file that it imports. */
  readonly file: string;
  /** Line and column count from 1. */
  readonly position: { readonly line: number; readonly column: number } | null;
}

/** A module that cannot be loaded, with everything that is wrong with it. */
export class ModuleFailure extends Error {
  readonly code = 'module-failure';
  /** Absolute path of the module, without symbolic links. */
  readonly file: string;
  readonly faults: readonly ModuleFault[];

  constructor(file: string, faults: readonly ModuleFault[], cause: unknown) {
    super(faults.map(({ reason }) => reason).join('; '), { cause });
    this.file = file;
    this.faults = faults;
  }
}

/** True for a ModuleFailure. */
export function isModuleFailure(error: unknown): error is ModuleFailure {
  return error instanceof Error && 'code' in error && error.code === 'module-failure';
}

interface SourcePlace {
  readonly file: string;
  readonly position: { readonly line: number; readonly column: number };
}

/**
 * The failure of a module that threw while it was imported, at the innermost place in the user's own sources.
 * Compiled places are mapped back here: source maps for the whole process would be read for drover's own files in every run.
 */
export function thrownFailure(file: string, module: ReadyModule, error: unknown): ModuleFailure {
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const sources = sourcePlaces(module);
  const frames = [...stack.matchAll(/((?:file:\/\/|data:|\/)[^\s()]*?):(\d+)(?::(\d+))?\)?$/gm)];
  const places = frames.flatMap(
    ([, url = '', line, column = 1]) => sources(url, Number(line), Number(column)) ?? ownPlace(file, url, { line, column }),
  );
  const place = places.find((each) => !each.file.includes('/node_modules/'));
  return new ModuleFailure(file, [{ reason, file, position: null, ...place }], error);
}

/** A frame in the module itself, where it was imported as it is. */
function ownPlace(file: string, url: string, at: { readonly line: unknown; readonly column: unknown }): readonly SourcePlace[] {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  return path === file ? [{ file, position: { line: Number(at.line), column: Number(at.column) } }] : [];
}

type FindSource = (url: string, line: number, column: number) => readonly SourcePlace[] | null;

/** Maps places of a compiled module to those of its sources by the map at its end. */
function sourcePlaces({ url: compiled, code }: ReadyModule): FindSource {
  const [, encoded] = /\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(code) ?? [];
  if (encoded === undefined) return () => null;
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')));
  return (url, line, column) => {
    if (url !== compiled) return null;
    const entry = map.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry) || !entry.originalSource.startsWith('file:')) return [];
    return [{ file: fileURLToPath(entry.originalSource), position: { line: entry.originalLine + 1, column: entry.originalColumn + 1 } }];
  };
}
