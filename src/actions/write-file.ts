import { createHash } from 'node:crypto';
import type { WriteFile } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { quote } from '../shell/quote.ts';
import { own, umaskFor } from './own.ts';

/** Temporary file beside the path, validate, sync, rename. Paths begin with `/`, so none is ever taken for an option. */
export function writeFile(action: WriteFile): CompiledAction {
  const prepare = prepareScript(action);
  const validate =
    action.validate === undefined
      ? []
      : [`${validator(action.validate)} || die "the new content of $p was refused; the file is unchanged"`];
  const lines = [`p=${quote(action.path)}; scratch "$p"`, guard(action), prepare, ...validate, 'settle "$T" "$p"'];
  // A validation may look at the files written before it.
  const isApart = !action.replaceLink && action.validate === undefined && !/[\n\r\\]/.test(action.path);
  return {
    summary: `write ${action.path} (${action.bytes.length} bytes)`,
    script: lines.join('\n'),
    staged: isApart ? { path: action.path, expect: action.expect, prepare } : undefined,
  };
}

/** Makes `$T` with content, owner and mode. At no time can anybody read in it what the finished file will not let them read. */
function prepareScript({ bytes, ownership, expect }: WriteFile): string {
  const { mode = '0644' } = ownership;
  if (expect === null) {
    const rest = own('"$T"', isPlain(mode) ? { ...ownership, mode: undefined } : ownership);
    return joined([`umask ${umaskFor(mode)}`, ...emit(bytes), rest]);
  }
  // Starting from a copy keeps ACLs, SELinux context and extended attributes (where cp knows them).
  const copied = ['cp -a "$p" "$T"; [ -w "$T" ] || chmod u+w "$T"', ...emit(bytes)];
  const owned = own('"$T"', ownership);
  return owned === '' ? joined(copied) : apart([...copied, owned]);
}

/** The copy has the old owner and mode until it gets its own: till then it lies where nobody else can open it. */
function apart(lines: readonly string[]): string {
  const place = `trap 'rm -rf "$D"' EXIT; trap 'exit 143' HUP INT TERM; mkdir -m 0700 "$D"`;
  return joined([`( D=$T.d; F=$T; T=$D/new; ${place}`, ...lines, 'mv -f "$T" "$F" )']);
}

function joined(lines: readonly string[]): string {
  return lines.filter((line) => line !== '').join('\n');
}

/** A new file gets these modes from the umask alone: open(2) never sets execute and special bits here. */
function isPlain(mode: string): boolean {
  return (Number.parseInt(mode, 8) & 0o7111) === 0;
}

function guard(action: WriteFile): string {
  if (action.replaceLink) return '[ ! -e "$p" ] || [ -L "$p" ] || die "$p is no longer the link that was planned for; plan again"';
  return action.expect === null ? 'expect_absent "$p"' : `expect_digest "$p" ${quote(action.expect)}`;
}

/** Writes bytes to `$T`: text as a quoted word; anything with a NUL byte or invalid UTF-8 by way of base64. */
function emit(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('utf8');
  const plain = !text.includes('\0') && Buffer.from(text, 'utf8').equals(Buffer.from(bytes));
  if (plain) return [`printf %s ${quote(text)} >"$T"`];
  const digest = createHash('sha256').update(bytes).digest('hex');
  return [
    `printf %s ${quote(Buffer.from(bytes).toString('base64'))} | base64 -d >"$T"`,
    // busybox's base64 (1.35) exits 0 when the disk is full.
    `s=$(sha256sum <"$T"); [ "\${s%% *}" = ${digest} ] || die "cannot write $T"`,
  ];
}

function validator(argv: readonly string[]): string {
  return argv.map((word) => (word === '' ? "''" : word.split('%s').map(quotePart).join('"$T"'))).join(' ');
}

function quotePart(part: string): string {
  return part === '' ? '' : quote(part);
}
