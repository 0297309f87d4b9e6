import type { SshHop, SshOptions } from './ssh-options.ts';

/** Options as a value sets them, or what is wrong with it, told as the rest of a sentence that starts with the keyword. */
export type SshValue = { readonly options: SshOptions } | { readonly wrong: string };

/** Keywords of ssh_config(5) that drover follows, in lower case, each with the reader of the text behind it. */
export const SSH_VALUES: ReadonlyMap<string, (text: string) => SshValue> = new Map([
  ['hostname', word((hostName) => ({ hostName }))],
  ['port', number({ from: 1, to: 65_535 }, (port) => ({ port }))],
  ['user', word((user) => ({ user }))],
  ['identityfile', word((file) => ({ identityFiles: isNone(file) ? [] : [file] }))],
  ['identitiesonly', flag((identitiesOnly) => ({ identitiesOnly }))],
  ['identityagent', word((path) => ({ identityAgent: isNone(path) ? null : path }))],
  ['proxyjump', word(readJump)],
  ['proxycommand', readProxyCommand],
  ['userknownhostsfile', words((files) => ({ userKnownHostsFiles: filesOf(files) }))],
  ['globalknownhostsfile', words((files) => ({ globalKnownHostsFiles: filesOf(files) }))],
  ['stricthostkeychecking', word(readStrictness)],
  ['hostkeyalias', word((hostKeyAlias) => ({ hostKeyAlias }))],
  ['hostkeyalgorithms', word((hostKeyAlgorithms) => ({ hostKeyAlgorithms }))],
  ['kexalgorithms', word((kexAlgorithms) => ({ kexAlgorithms }))],
  ['ciphers', word((ciphers) => ({ ciphers }))],
  ['macs', word((macs) => ({ macs }))],
  ['connecttimeout', seconds((connectTimeoutSec) => ({ connectTimeoutSec }))],
  ['serveraliveinterval', seconds((serverAliveIntervalSec) => ({ serverAliveIntervalSec }))],
  ['serveralivecountmax', number({ from: 0, to: 1_000_000 }, (serverAliveCountMax) => ({ serverAliveCountMax }))],
]);

/** Reads `[user@]host[:port]` or `ssh://[user@]host[:port]`, null where it is neither; a v6 address with a port stands in brackets. */
export function parseSshHop(text: string): SshHop | null {
  const at = text.replace(/^ssh:\/\/(.*?)\/?$/, '$1');
  const found = /^(?:([^@\s]+)@)?(?:\[([0-9a-fA-F:.%]+)\]|([\w.%-]+))(?::([0-9]+))?$/.exec(at);
  const bare = /^(?:([^@\s]+)@)?([0-9a-fA-F]*:[0-9a-fA-F:.]+)$/.exec(at);
  const [, user, address, name, digits] = found ?? bare ?? [];
  const host = address ?? name;
  const port = digits === undefined ? null : Number(digits);
  if (host === undefined || host.startsWith('-') || (port !== null && (port < 1 || port > 65_535))) return null;
  return { host, ...(user !== undefined && { user }), ...(port !== null && { port }) };
}

/** Splits text at white space as ssh_config(5) does: `"a b"` and `'a b'` are one word, a backslash takes a quote or itself as it is; null for a quote without end. */
export function splitSshWords(text: string): readonly string[] | null {
  const parts = text.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\]|\\$)+|["']/g) ?? [];
  if (parts.some((part) => part === '"' || part === "'")) return null;
  return parts.map((part) =>
    part.replace(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|\\(["'\\ ])/g, (_, double?: string, single?: string, taken?: string) => {
      return taken ?? (double ?? single ?? '').replace(/\\(["'\\])/g, '$1');
    }),
  );
}

function words(make: (words: readonly string[]) => SshOptions) {
  return (text: string): SshValue => {
    const split = splitSshWords(text);
    if (split === null) return { wrong: 'has a quote without its end' };
    return split.length === 0 || split.includes('') ? { wrong: 'has no value' } : { options: make(split) };
  };
}

function word(make: (word: string) => SshOptions | { readonly wrong: string }) {
  return (text: string): SshValue => {
    const split = splitSshWords(text);
    if (split === null) return { wrong: 'has a quote without its end' };
    const [only, ...more] = split;
    if (only === undefined || only === '') return { wrong: 'has no value' };
    if (more.length > 0) return { wrong: `takes one value, found ${JSON.stringify(text)}` };
    const made = make(only);
    return isWrong(made) ? made : { options: made };
  };
}

function isWrong(made: SshOptions | { readonly wrong: string }): made is { readonly wrong: string } {
  return 'wrong' in made;
}

function flag(make: (on: boolean) => SshOptions) {
  return word((text) => {
    const on = /^(?:yes|true)$/i.test(text);
    return on || /^(?:no|false)$/i.test(text) ? make(on) : { wrong: `must be yes or no, found ${JSON.stringify(text)}` };
  });
}

function number({ from, to }: { readonly from: number; readonly to: number }, make: (value: number) => SshOptions) {
  return word((text) => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= from && value <= to
      ? make(value)
      : { wrong: `must be a whole number from ${from} to ${to}, found ${JSON.stringify(text)}` };
  });
}

const UNIT_SECONDS: { readonly [unit: string]: number } = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** sshd_config(5), TIME FORMATS: `90`, `1m30s`. */
function seconds(make: (value: number) => SshOptions) {
  return word((text) => {
    if (!/^(?:[0-9]{1,9}[smhdw]?)+$/i.test(text))
      return { wrong: `must be seconds or a time such as 1m30s, found ${JSON.stringify(text)}` };
    const parts = [...text.toLowerCase().matchAll(/([0-9]+)([smhdw]?)/g)];
    return make(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_SECONDS[unit ?? ''] ?? 1), 0));
  });
}

function readJump(text: string): SshOptions | { readonly wrong: string } {
  if (isNone(text)) return { proxyJump: [] };
  const hops = text.split(',').map((hop) => ({ hop, parsed: parseSshHop(hop) }));
  const bad = hops.find(({ parsed }) => parsed === null);
  if (bad !== undefined) return { wrong: `must be [user@]host[:port], several separated by commas, found ${JSON.stringify(bad.hop)}` };
  return { proxyJump: hops.flatMap(({ parsed }) => parsed ?? []) };
}

/** The rest of the line as it is: quotes are for the shell that runs it. */
function readProxyCommand(text: string): SshValue {
  if (text === '') return { wrong: 'has no value' };
  return { options: { proxyCommand: isNone(text) ? null : text } };
}

function readStrictness(text: string): SshOptions | { readonly wrong: string } {
  const lower = text.toLowerCase();
  if (lower === 'yes' || lower === 'true') return { strictHostKeyChecking: 'yes' };
  if (lower === 'no' || lower === 'false' || lower === 'off') return { strictHostKeyChecking: 'no' };
  if (lower === 'ask' || lower === 'accept-new') return { strictHostKeyChecking: lower };
  return { wrong: `must be yes, ask, accept-new or no, found ${JSON.stringify(text)}` };
}

function filesOf(files: readonly string[]): readonly string[] {
  return files.length === 1 && isNone(files[0] ?? '') ? [] : files;
}

function isNone(text: string): boolean {
  return text.toLowerCase() === 'none';
}
