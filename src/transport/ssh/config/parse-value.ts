/** Reads a TCP port: a number from 1 to 65535, or the service name `ssh`. Null for anything else. */
export function parsePort(text: string): number | null {
  if (text.toLowerCase() === 'ssh') return 22;
  const port = parseCount(text);
  return port === null || port < 1 || port > 65_535 ? null : port;
}

/** Reads a whole number of at least 0 that OpenSSH can hold. Null for anything else. */
export function parseCount(text: string): number | null {
  if (!/^\+?\d+$/.test(text)) return null;
  const count = Number(text);
  return count <= LARGEST ? count : null;
}

/** Reads a time as sshd_config(5), TIME FORMATS, has it (`90`, `1m30s`), in seconds. Null for anything else. */
export function parseTime(text: string): number | null {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return null;
  const parts = text.toLowerCase().match(/\d+[smhdw]?/g) ?? [];
  const seconds = parts.reduce((sum, part) => sum + Number.parseInt(part, 10) * (SECONDS[part.slice(-1)] ?? 1), 0);
  return seconds <= LARGEST ? seconds : null;
}

/** Reads yes, true, no or false. Null for anything else. */
export function parseFlag(text: string): boolean | null {
  return FLAGS.get(text.toLowerCase()) ?? null;
}

/** Reads StrictHostKeyChecking. Null for an unknown word. */
export function parseStrictness(text: string): 'yes' | 'ask' | 'accept-new' | 'no' | null {
  const word = text.toLowerCase();
  if (word === 'ask' || word === 'accept-new') return word;
  const flag = word === 'off' ? false : parseFlag(word);
  return flag === null ? null : flag ? 'yes' : 'no';
}

const LARGEST = 2 ** 31 - 1;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const FLAGS = new Map([
  ['yes', true],
  ['true', true],
  ['no', false],
  ['false', false],
]);
