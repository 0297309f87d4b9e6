import { didYouMean } from '../errors/nearest.ts';
import type { DiagnosticCode } from '../model/diagnostic.ts';
import { describe } from './explain-issue.ts';
import { formatPath } from './format-path.ts';

/** What is wrong with a setting of a play, by its path below the play. */
export interface SettingProblem {
  readonly path: readonly PropertyKey[];
  /** Where it shows: at the key or at the value. */
  readonly part: 'key' | 'value';
  readonly code: DiagnosticCode;
  /** Starts with the setting's path in quotes. */
  readonly message: string;
  readonly hint: string | null;
}

/** A value that is being checked, and where its problems go. */
export interface Setting {
  readonly value: unknown;
  readonly path: readonly PropertyKey[];
  /** The path in quotes, as messages name it. */
  readonly name: string;
  report(problem: Pick<SettingProblem, 'message'> & Partial<SettingProblem>): void;
}

/** A setting at a path; its problems go to the list. */
export function settingAt(path: readonly PropertyKey[], value: unknown, problems: SettingProblem[]): Setting {
  return {
    value,
    path,
    name: `"${formatPath(path)}"`,
    report: (problem) => problems.push({ path, part: 'value', code: 'playbook-shape', hint: null, ...problem }),
  };
}

/** What was found, in words, for the end of a message. */
export function found(value: unknown): string {
  return value === '' ? 'empty text' : describe(value);
}

/** The fields of a mapping, each unknown one reported; null where the value is none. */
export function fieldsOf({ value, path, name, report }: Setting, known: readonly string[]): Readonly<Record<string, unknown>> | null {
  if (!isRecord(value)) return null;
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const hint = didYouMean(key, known) ?? `it has ${known.join(' and ')}`;
    report({ path: [...path, key], part: 'key', code: 'key-unknown', message: `${name} has no key "${key}"`, hint });
  }
  return value;
}

/** True for mappings, false for lists and nothing. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
