import type { Ownership, WriteFile } from '../model/action.ts';
import { commandLine, quote } from '../shell/quote.ts';
import type { CompiledAction } from './compile.ts';

/** Names begin with `/`, so none is ever taken for an option. */
export function writeFile(action: WriteFile): CompiledAction {
  const path = quote(action.path);
  const lines = [
    `p=${path}; scratch "$p"; trap 'rm -f "$T"' EXIT`,
    guard(action),
    // Starting from a copy keeps ACLs, SELinux context and extended attributes; a new file starts private.
    action.expect === null ? 'umask 077; : >"$T"' : 'cp -a "$p" "$T"',
    `${emit(action.bytes)} >"$T"`,
    own('"$T"', action.ownership),
    ...(action.validate === undefined
      ? []
      : [`${validator(action.validate)} || die "the new content of $p was refused; the file is unchanged"`]),
    'settle "$T" "$p"; trap - EXIT',
  ];
  return { summary: `write ${action.path} (${action.bytes.length} bytes)`, script: lines.filter((line) => line !== '').join('\n') };
}

function guard(action: WriteFile): string {
  if (action.replaceLink) return '[ ! -d "$p" ] || [ -L "$p" ] || die "$p is a directory now; plan again"';
  return action.expect === null ? 'expect_absent "$p"' : `expect_digest "$p" ${action.expect}`;
}

/** Bytes as an `sh` command that prints them: text as a quoted word, anything with a NUL byte or invalid UTF-8 by way of base64. */
export function emit(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  const plain = !text.includes('\0') && Buffer.from(text, 'utf8').equals(Buffer.from(bytes));
  if (plain) return `printf %s ${quote(text)}`;
  return `printf %s ${quote(Buffer.from(bytes).toString('base64'))} | base64 -d`;
}

/** The `own` call for an ownership; empty where nothing is asked. chown(1): `owner:` with nothing behind it would set the login group. */
export function own(target: string, { mode, owner, group }: Ownership): string {
  if (mode === undefined && owner === undefined && group === undefined) return '';
  const who = group === undefined ? (owner ?? '') : `${owner ?? ''}:${group}`;
  return `own ${target} ${quote(who)} ${quote(mode ?? '')}`;
}

function validator(argv: readonly string[]): string {
  return argv.map((word) => word.split('%s').map(quotePart).join('"$T"')).join(' ') || commandLine(argv);
}

function quotePart(part: string): string {
  return part === '' ? '' : quote(part);
}
