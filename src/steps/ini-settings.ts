import { parseShellWord, shellWord } from './shell-value.ts';
import { bodyOf, decoded, encoded, type Lines } from './text.ts';

/** How settings are written in a file. */
export interface IniStyle {
  readonly key: string;
  /** null: before the first section. */
  readonly section: string | null;
  /** Between key and value of a new setting, such as `=`, ` = ` or a space. */
  readonly separator: string;
  /** `shell`: values are quoted as `sh` reads them. */
  readonly style: 'plain' | 'shell';
}

/** One setting of the key: the lines `from` up to, without, `to`. */
export interface Setting {
  readonly from: number;
  readonly to: number;
  /** Indent, key and separator as they stand. */
  readonly prefix: string;
  /** null where only the shell knows it. */
  readonly value: string | null;
  /** What follows the value on its line: white space and a comment. */
  readonly suffix: string;
}

/** What a file says about a key. */
export interface IniView {
  readonly settings: readonly Setting[];
  /** Where a new setting belongs: behind a commented-out one, else at the end of the section; null when there is no such section. */
  readonly place: number | null;
}

const HEADER = /^\s*\[([^\]]*)\]\s*(?:[#;].*)?$/;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Finds a key's settings in its section (in all parts of it, where a section is opened more than once). */
export function viewIni(lines: Lines, ini: IniStyle): IniView | { readonly refused: string } {
  const bodies = lines.map((line) => decoded(bodyOf(line)));
  const { setting, commented } = patternsOf(ini);
  const entries = ownEntries(bodies, ini);
  const settings: Setting[] = [];
  for (const { from, to, body } of entries) {
    const prefix = setting.exec(body)?.[0];
    if (prefix === undefined) continue;
    const one = parseSetting(bodies.slice(from, to), { prefix, from, style: ini.style });
    if ('refused' in one) return one;
    settings.push(one);
  }
  const behind = entries.findLast(({ body }) => commented.test(body));
  const end = entries.findLast(({ body }) => body.trim() !== '');
  return { settings, place: (behind ?? end)?.to ?? (ini.section === null ? 0 : null) };
}

/** Patterns of a key's settings up to their values, and of commented-out ones. */
function patternsOf({ key, separator, style }: IniStyle): { setting: RegExp; commented: RegExp } {
  const sign = separator.trim();
  const between = sign === '' ? '\\s+' : `\\s*${escaped(sign)}\\s*`;
  const start = style === 'shell' ? `\\s*(?:export\\s+)?${escaped(key)}=` : `\\s*${escaped(key)}${between}`;
  return { setting: new RegExp(`^${start}`), commented: new RegExp(`^\\s*[#;]+\\s*${escaped(key)}${between}`) };
}

interface Entry {
  readonly from: number;
  readonly to: number;
  readonly body: string;
}

/** Lines of the section, its header first; continued ones as one entry. */
function ownEntries(bodies: readonly string[], { section, style }: IniStyle): Entry[] {
  const entries: Entry[] = [];
  let current: string | null = null;
  for (let from = 0; from < bodies.length; ) {
    const body = bodies[from] ?? '';
    const to = continued(bodies, from);
    // To a shell `[ … ]` is a command.
    const header = style === 'shell' && section === null ? null : HEADER.exec(body);
    if (header !== null) current = header[1] ?? '';
    if (current === section) entries.push({ from, to, body });
    from = to;
  }
  return entries;
}

/** Index behind a line and those that it is continued on by a backslash at its end (systemd.syntax(7), sh). Comments are not continued. */
function continued(bodies: readonly string[], at: number): number {
  let next = at + 1;
  if (/^\s*[#;]/.test(bodies[at] ?? '')) return next;
  while (next < bodies.length && /(?:^|[^\\])(?:\\\\)*\\$/.test(bodies[next - 1] ?? '')) next += 1;
  return next;
}

function parseSetting(
  bodies: readonly string[],
  { prefix, from, style }: { prefix: string; from: number; style: IniStyle['style'] },
): Setting | { readonly refused: string } {
  const to = from + bodies.length;
  const rest = bodies
    .map((body) => body.replace(/\\$/, ''))
    .join('')
    .slice(prefix.length);
  const raw = bodies.length === 1 ? (bodies[0] ?? '').slice(prefix.length) : rest;
  if (style === 'plain') return { from, to, prefix, value: raw.trim(), suffix: '' };
  const word = parseShellWord(raw);
  const suffix = word === null ? '' : raw.slice(word.length);
  if (word === null || suffix.includes('\uFFFD') || !/^(?:\s*|\s+#.*)$/.test(suffix)) {
    return { refused: `line ${from + 1} is more than one plain setting; mend the file by hand` };
  }
  return { from, to, prefix, value: word.value, suffix: suffix.trimEnd() };
}

/** A setting's line body. */
export function settingBody(prefix: string, value: string, { style, suffix }: { style: IniStyle['style']; suffix: string }): string {
  return encoded(`${prefix}${style === 'shell' ? shellWord(value) : value}${suffix}`);
}
