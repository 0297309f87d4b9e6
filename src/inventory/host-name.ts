import { isIPv6 } from 'node:net';
import { type Expansion, expandRange } from './expand-range.ts';

/** The hosts that a key under `hosts` stands for, and the port written behind the name. */
export interface HostKey {
  readonly expansion: Expansion;
  readonly port: number | null;
  /** Why no host can have such a name, or null. */
  readonly invalid: string | null;
}

/** Reads a key under `hosts`: a name, an address, `name:port`, `[v6 address]:port`, with ranges. */
export function parseHostKey(key: string): HostKey {
  const { name, port } = splitPort(key);
  const expansion: Expansion = isIPv6(name) ? { names: [name] } : expandRange(name);
  return { expansion, port, invalid: 'names' in expansion ? invalidName(expansion.names[0] ?? '') : null };
}

/** Why a name cannot be that of a host or group, or null: patterns could not name it. */
export function invalidName(name: string): string | null {
  if (name === '') return 'a name cannot be empty';
  if (/^[!&~@-]/.test(name)) return `a name cannot start with "${name[0]}"`;
  const bad = /[\s,*?!&;'"$`\\]/.exec(name);
  if (bad !== null) return `a name cannot contain ${/\s/.test(bad[0]) ? 'white space' : `"${bad[0]}"`}`;
  return name.includes(':') && !isIPv6(name) ? 'a name cannot contain ":"' : null;
}

function splitPort(key: string): { readonly name: string; readonly port: number | null } {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::([0-9]+))?$/.exec(key);
  if (bracketed?.[1] !== undefined && isIPv6(bracketed[1])) return { name: bracketed[1], port: bracketed[2] ? Number(bracketed[2]) : null };
  if (isIPv6(key)) return { name: key, port: null };
  const plain = /^((?:[^:[\]]|\[[^\]]*\])+):([0-9]+)$/.exec(key);
  return plain?.[1] === undefined ? { name: key, port: null } : { name: plain[1], port: Number(plain[2]) };
}
