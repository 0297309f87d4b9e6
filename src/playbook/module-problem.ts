import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { diagnose } from '../errors/diagnose.ts';
import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';

/** What could not be loaded. */
export interface BrokenModule {
  readonly code: DiagnosticCode;
  /** `role "motd"` or `playbook`. */
  readonly what: string;
  readonly file: string;
}

/** Makes the diagnostic of a module that threw while it was imported, at the line of the module that threw where that is known. */
export async function moduleProblem({ code, what, file }: BrokenModule, error: unknown): Promise<Diagnostic> {
  const { reason, position } = (await missingImport(file, error)) ?? syntaxError(file, error) ?? thrown(file, error);
  const place: Place = { file, ...(position ?? { line: 1, column: 1 }) };
  return diagnose(code, `${what} cannot be loaded: ${reason}`, { place, source: await sourceLine(file, place.line) });
}

/** The text of a line of a file, counted from 1, or null. */
export async function sourceLine(file: string, line: number): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/)[line - 1] ?? null;
  } catch {
    return null;
  }
}

interface Position {
  readonly line: number;
  readonly column: number;
  readonly length?: number;
}

interface Found {
  readonly reason: string;
  readonly position: Position | null;
}

/** esbuild tells a syntax error as `path:line:column: ERROR: text`, its columns count from 0. */
function syntaxError(file: string, error: unknown): Found | null {
  const match = /^(.+):(\d+):(\d+): ERROR: (.+)$/m.exec(messageOf(error));
  if (match === null) return null;
  const [, path = '', line, column, text = ''] = match;
  const position = { line: Number(line), column: Number(column) + 1 };
  return isSame(path, file) ? { reason: text, position } : { reason: `${text} (${path}:${line}:${position.column})`, position: null };
}

async function missingImport(file: string, error: unknown): Promise<Found | null> {
  const match = /^Cannot find (?:package|module) '([^']+)'/.exec(messageOf(error));
  if (match?.[1] === undefined) return null;
  const name = match[1];
  const lines = (await readFile(file, 'utf8').catch(() => '')).split(/\r?\n/);
  const tail = name.split('/').at(-1) ?? name;
  const line = lines.findIndex((text) => /\b(?:import|from)\b/.test(text) && text.includes(tail));
  const quote = lines[line]?.search(/["'][^"']*["']/) ?? -1;
  return { reason: `there is no module "${name}"`, position: line === -1 || quote === -1 ? null : { line: line + 1, column: quote + 1 } };
}

function thrown(file: string, error: unknown): Found {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = [...stack.matchAll(/(?:\(|at |async )((?:file:\/\/)?\/[^\s():]+):(\d+):(\d+)\)?$/gm)];
  const frame = frames.find(([, path = '']) => isSame(path, file));
  const reason = messageOf(error).split('\n')[0] ?? '';
  return { reason, position: frame === undefined ? null : { line: Number(frame[2]), column: Number(frame[3]) } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Files may be given relative; what the runtime reports is absolute. */
function isSame(reported: string, file: string): boolean {
  const path = reported.startsWith('file:') ? fileURLToPath(reported) : reported;
  return path === file || path.endsWith(`/${file.replace(/^(?:\.{1,2}\/)+/, '')}`);
}
