import { Secret } from '../model/secret.ts';
import type { Change, Step } from '../model/step.ts';
import { type Edited, type EditOptions, editStep } from './edit.ts';
import { type IniStyle, type Setting, settingBody, viewIni } from './ini-settings.ts';
import { StepArgumentError } from './step.ts';
import { bodyOf, checkOneLine, encoded, insertAt, type Lines, withBody } from './text.ts';

/** Desired state of one setting in an INI-like file. */
export interface IniOptions extends EditOptions {
  /** Section without brackets. Default null: the lines before the first section, as in files that have none. */
  readonly section?: string | null | undefined;
  readonly key: string;
  /** The value; left out with `state: 'absent'`. */
  readonly value?: string | number | boolean | Secret | undefined;
  /** Between key and value of a new setting: `=` (default), ` = `, `: `, or a space. A setting that is there keeps its spacing. */
  readonly separator?: string | undefined;
  /**
   * `plain` (default): the value is all that follows the separator. `shell`: assignments as `sh` and EnvironmentFile= read them
   * (/etc/default/*): the value is quoted where needed, a comment behind it stays.
   */
  readonly style?: 'plain' | 'shell' | undefined;
}

/**
 * One setting: `key=value` in a section. Comments, order and spacing stay; a commented-out default stays and the setting goes behind it.
 * Where the key is there several times the last one, which counts in most formats, is set and the others are removed: do not use it for
 * keys that are meant to be repeated, such as `ExecStartPre=` of a unit. Throws StepArgumentError for wrong arguments.
 */
export function ini(options: IniOptions): Step {
  const { key, section = null, separator = '=', style = 'plain', state = 'present' } = options;
  const settings: IniStyle = { key, section, separator, style };
  checkNames(settings);
  if (state === 'present' && options.value === undefined) throw new StepArgumentError(`ini: ${options.path} ${key} needs value`);
  const secret = options.value instanceof Secret;
  const value = options.value === undefined ? '' : options.value instanceof Secret ? options.value.reveal() : String(options.value);
  if (state === 'present') checkValue(settings, value);
  const field = section === null ? key : `${section}.${key}`;
  return editStep(
    {
      kind: 'ini',
      subject: `${options.path} ${field}`,
      secret,
      wants: { [field]: state === 'present' ? value : null },
      edit: (lines) => edit(lines, { settings, field, value: state === 'present' ? value : null }),
    },
    options,
  );
}

function checkNames({ key, section, separator, style }: IniStyle): void {
  checkOneLine('ini', 'key', key);
  checkOneLine('ini', 'separator', separator);
  const wrong = (what: string, text: string, why: string): never => {
    throw new StepArgumentError(`ini: ${what} ${JSON.stringify(text)} ${why}`);
  };
  if (!/^\s*[=:]\s*$|^\s+$/.test(separator)) wrong('separator', separator, 'must be =, : or white space');
  if (key === '' || key !== key.trim() || /^[[#;]/.test(key)) wrong('key', key, 'would not be read as one');
  if (key.includes(separator.trim() || ' ')) wrong('key', key, 'contains the separator');
  if (style === 'shell') checkShellName(key, separator);
  if (section === null) return;
  checkOneLine('ini', 'section', section);
  if (section === '' || section.includes(']')) wrong('section', section, 'would not be read as one');
}

function checkShellName(key: string, separator: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) throw new StepArgumentError(`ini: ${JSON.stringify(key)} is no name of a shell variable`);
  if (separator !== '=') throw new StepArgumentError("ini: with style 'shell' the separator is =");
}

function checkValue({ style, separator }: IniStyle, value: string): void {
  checkOneLine('ini', 'value', value);
  if (style === 'shell') return;
  if (value !== value.trim()) throw new StepArgumentError(`ini: value ${JSON.stringify(value)} would be read without the space around it`);
  if (value.endsWith('\\')) throw new StepArgumentError(`ini: value ${JSON.stringify(value)} would go on in the next line`);
  if (value === '' && separator.trim() === '') throw new StepArgumentError('ini: an empty value needs a separator other than space');
}

interface Wanted {
  readonly settings: IniStyle;
  readonly field: string;
  /** null: absent. */
  readonly value: string | null;
}

function edit(lines: Lines, { settings, field, value }: Wanted): Edited {
  const view = viewIni(lines, settings);
  if ('refused' in view) return view;
  const last = view.settings.at(-1);
  const before = last === undefined ? null : (last.value ?? rawOf(lines, last));
  const changes: Change[] = before === value && last?.value === value ? [] : [{ field, before, after: value }];
  if (value === null) return { lines: without(lines, view.settings), changes };
  const result =
    last === undefined ? add(lines, { settings, value, place: view.place }) : keepLast(lines, view.settings, { settings, value });
  if (isReadBack(result, { settings, value })) return { lines: result, changes };
  return { refused: 'the setting would not be read as written; does the line before it end in a backslash?' };
}

function isReadBack(lines: Lines, { settings, value }: Pick<Wanted, 'settings' | 'value'>): boolean {
  const view = viewIni(lines, settings);
  return !('refused' in view) && view.settings.length === 1 && view.settings[0]?.value === value;
}

/** Sets the last of the settings and removes the others. */
function keepLast(lines: Lines, found: readonly Setting[], { settings, value }: Pick<Wanted, 'settings'> & { value: string }): string[] {
  const last = found.at(-1);
  const set = last === undefined || last.value === value ? lines : replace(lines, last, { settings, value });
  return without(set, found.slice(0, -1));
}

/** Setting as it stands, for values that only the shell knows. */
function rawOf(lines: Lines, { from, prefix }: Setting): string {
  return Buffer.from(bodyOf(lines[from] ?? ''), 'latin1')
    .toString('utf8')
    .slice(prefix.length);
}

/** Keeps the number of lines: continuation lines become empty strings. */
function replace(
  lines: Lines,
  { from, to, prefix, suffix }: Setting,
  { settings, value }: Pick<Wanted, 'settings'> & { value: string },
): string[] {
  const body = settingBody(prefix, value, { style: settings.style, suffix });
  const end = lines[to - 1] ?? '';
  return lines.map((line, index) => {
    if (index === from) return withBody(end, body);
    return index > from && index < to ? '' : line;
  });
}

function without(lines: Lines, settings: readonly Setting[]): string[] {
  return lines.filter((_, index) => !settings.some(({ from, to }) => index >= from && index < to));
}

function add(lines: Lines, { settings, value, place }: { settings: IniStyle; value: string; place: number | null }): string[] {
  const body = settingBody(`${settings.key}${settings.separator}`, value, { style: settings.style, suffix: '' });
  if (place !== null) return insertAt(lines, place, [body]);
  const gap = lines.length > 0 && bodyOf(lines.at(-1) ?? '').trim() !== '' ? [''] : [];
  return insertAt(lines, lines.length, [...gap, encoded(`[${settings.section}]`), body]);
}
