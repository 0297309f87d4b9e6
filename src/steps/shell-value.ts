/** A value as it stands in a shell-like assignment. */
export interface ShellValue {
  /** What the shell makes of it; null where that depends on other variables or commands. */
  readonly value: string | null;
  /** Length of the assignment's word, without what follows it. */
  readonly length: number;
}

const UNQUOTED = /^[A-Za-z0-9_@%+:,./-]+$/;

/** A value as a word that `sh` and systemd's EnvironmentFile= (systemd.exec(5)) read alike. */
export function shellWord(value: string): string {
  return UNQUOTED.test(value) ? value : `"${value.replace(/[\\"$`]/g, '\\$&')}"`;
}

/** Reads the word at the start of a text, as `sh` splits and unquotes it. null where a quote is not closed on this line. */
export function parseShellWord(text: string): ShellValue | null {
  const parts: string[] = [];
  let dynamic = false;
  let at = 0;
  while (at < text.length) {
    const part = nextPart(text.slice(at));
    if (part === null) return null;
    if (part.length === 0) break;
    dynamic ||= part.dynamic;
    parts.push(part.value);
    at += part.length;
  }
  return { value: dynamic ? null : parts.join(''), length: at };
}

interface Part {
  readonly value: string;
  readonly length: number;
  readonly dynamic: boolean;
}

/** One quoted or unquoted piece; of length 0 where the word ends, null where a quote is open. */
function nextPart(text: string): Part | null {
  const single = /^'([^']*)'/.exec(text);
  if (single !== null) return { value: single[1] ?? '', length: single[0].length, dynamic: false };
  const double = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(text);
  if (double !== null) {
    const inner = double[1] ?? '';
    return { value: inner.replace(/\\([\\"$`])/g, '$1'), length: double[0].length, dynamic: /(?:^|[^\\])(?:\\\\)*[$`]/.test(inner) };
  }
  if (/^["']/.test(text)) return null;
  const plain = /^(?:[^\s"'\\;&|<>()]|\\[\s\S])+/.exec(text);
  if (plain === null) return { value: '', length: 0, dynamic: false };
  return { value: plain[0].replace(/\\([\s\S])/g, '$1'), length: plain[0].length, dynamic: /(?:^|[^\\])(?:\\\\)*[$`]/.test(plain[0]) };
}
