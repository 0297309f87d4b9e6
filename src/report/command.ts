import type { HostError } from '../model/run.ts';
import { wrap } from './layout.ts';
import { type ColourLevel, createStyle, type Style } from './style.ts';
import { count, formatDuration } from './units.ts';
import { safeJson, visible, visibleLines } from './visible.ts';

/** What a command came to on one host, as the engine gives it. */
export interface CommandOutcome {
  readonly host: string;
  readonly outcome: 'ok' | 'failed' | 'unreachable' | 'skipped';
  readonly exitCode: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly error: HostError | null;
  readonly durationMs: number;
}

/** How a command's results are written. */
export interface CommandTextOptions {
  readonly colours: ColourLevel;
  readonly width: number;
  /** Duration of the whole command in milliseconds. */
  readonly durationMs: number;
}

const RANK: Readonly<Record<CommandOutcome['outcome'], number>> = { ok: 0, skipped: 1, failed: 2, unreachable: 3 };

/**
 * One block for each set of hosts with the same output, exit status and error, and a line of totals; final newline.
 * Blocks of more hosts come first; among equals ok ones, then skipped, failed and unreachable ones, then in the inventory's order.
 */
export function renderCommand(results: readonly CommandOutcome[], { colours, width, durationMs }: CommandTextOptions): string {
  const style = createStyle(colours);
  const groups = new Map<string, CommandOutcome[]>();
  for (const result of results) {
    const key = keyOf(result);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const sorted = [...groups.values()].sort((a, b) => b.length - a.length || rankOf(a) - rankOf(b));
  const blocks = sorted.map((group) => blockLines(group, style, width).join('\n'));
  return `${[...blocks, totalLine(results, style, durationMs)].join('\n\n')}\n`;
}

function rankOf([first]: readonly CommandOutcome[]): number {
  return first === undefined ? 0 : RANK[first.outcome];
}

function keyOf({ outcome, exitCode, stdout, stderr, error }: CommandOutcome): string {
  return JSON.stringify([outcome, exitCode, Buffer.from(stdout).toString('latin1'), Buffer.from(stderr).toString('latin1'), error]);
}

function blockLines(group: readonly CommandOutcome[], style: Style, width: number): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const names = wrap(`${group.map(({ host }) => visible(host)).join(', ')}:`, { width: Math.max(80, width) - 20, hang: '  ' });
  const hosts = group.length === 1 ? '' : style.quiet(` (${count(group.length, 'host')})`);
  const last = names.length - 1;
  return [
    ...names.map((line, index) => style.heading(line) + (index === last ? ` ${statusOf(first, style)}${hosts}` : '')),
    ...outputLines(first, style),
    ...errorLines(first, style),
  ];
}

function statusOf({ outcome, exitCode }: CommandOutcome, style: Style): string {
  if (outcome === 'ok') return style.good('ok');
  if (outcome === 'skipped') return style.quiet('skipped');
  return style.bad(outcome === 'failed' && exitCode !== null ? `exit status ${exitCode}` : outcome);
}

function outputLines({ stdout, stderr }: CommandOutcome, style: Style): readonly string[] {
  const text = (bytes: Uint8Array): readonly string[] => visibleLines(Buffer.from(bytes).toString('utf8'));
  const errors = text(stderr);
  return [
    ...text(stdout).map((line) => `  ${line}`.trimEnd()),
    ...(errors.length === 0 ? [] : [`  ${style.quiet('standard error:')}`]),
    ...errors.map((line) => `  ${style.removed(line)}`.trimEnd()),
  ];
}

function errorLines({ error }: CommandOutcome, style: Style): readonly string[] {
  if (error === null) return [];
  const hint = error.hint === null ? [] : [`  hint: ${visible(error.hint)}`];
  return [style.bad(`  ${visible(error.phase)}: ${visible(error.message)}`), ...hint];
}

function totalLine(results: readonly CommandOutcome[], style: Style, durationMs: number): string {
  const number = (wanted: CommandOutcome['outcome']): number => results.filter(({ outcome }) => outcome === wanted).length;
  const paints: readonly (readonly [CommandOutcome['outcome'], Style['good']])[] = [
    ['failed', style.bad],
    ['unreachable', style.bad],
    ['skipped', style.quiet],
    ['ok', style.good],
  ];
  const parts = paints.flatMap(([outcome, paint]) => (number(outcome) === 0 ? [] : [paint(`${number(outcome)} ${outcome}`)]));
  return `${count(results.length, 'host')}: ${parts.join(', ')}, ${formatDuration(durationMs)}`;
}

/** The results for programs: a JSON array with a final newline; outputs as text, in which bytes that are no UTF-8 become U+FFFD. */
export function renderCommandJson(results: readonly CommandOutcome[]): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
  const rows = results.map(({ host, outcome, exitCode, stdout, stderr, error, durationMs }) => {
    return { host, outcome, exitCode, stdout: text(stdout), stderr: text(stderr), error, durationMs };
  });
  return `${safeJson(rows)}\n`;
}
