import { quote } from '../shell/quote.ts';

/** A line of `getent passwd` (passwd(5)). */
export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
}

/** A line of `getent group` (group(5)). */
export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Defines `lookup DATABASE [KEY…]`: getent(1) where there is one, else the file itself. */
export const LOOKUP = `lookup() { if command -v getent >/dev/null 2>&1; then getent "$@"; else cat "/etc/$1"; fi 2>/dev/null; }`;

/** A `lookup` of these names in one process. */
export function lookup(database: 'passwd' | 'group', names: readonly string[]): string {
  return ['lookup', database, ...names.map(quote)].join(' ');
}

/** Entries by name; the first of a name counts, as for the C library. */
export function parsePasswd(output: string): Map<string, PasswdEntry> {
  return byName(
    rows(output).flatMap(([name = '', , uid, gid, comment = '', home = '', shell = '']) =>
      isNumber(uid) && isNumber(gid) ? [{ name, uid: Number(uid), gid: Number(gid), comment, home, shell }] : [],
    ),
  );
}

/** Entries by name; the first of a name counts, as for the C library. */
export function parseGroups(output: string): Map<string, GroupEntry> {
  return byName(
    rows(output).flatMap(([name = '', , gid, members = '']) =>
      isNumber(gid) ? [{ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }] : [],
    ),
  );
}

function rows(output: string): string[][] {
  return output.split('\n').map((line) => line.split(':'));
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text);
}

function byName<E extends { readonly name: string }>(entries: readonly E[]): Map<string, E> {
  return new Map([...entries].reverse().map((entry) => [entry.name, entry]));
}
