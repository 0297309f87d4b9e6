import type { SshHop } from '../../../model/ssh-options.ts';
import { parsePort } from './parse-value.ts';

/**
 * Reads ProxyJump: a comma list of `[user@]host[:port]` or `ssh://[user@]host[:port]`, up to the first white space or `#`; `none` is an empty
 * list. Null where it is neither.
 */
export function parseProxyJump(text: string): readonly SshHop[] | null {
  const list = text.split(/[\s#]/, 1)[0] ?? '';
  if (list.toLowerCase() === 'none') return [];
  const hops = list.split(',').map(parseHop);
  return hops.some((hop) => hop === null) ? null : hops.filter((hop) => hop !== null);
}

function parseHop(text: string): SshHop | null {
  const isUri = text.startsWith('ssh://');
  const bare = isUri ? text.slice('ssh://'.length).replace(/\/$/, '') : text;
  const at = bare.lastIndexOf('@');
  const target = parseTarget(bare.slice(at + 1));
  if (at === 0 || target === null) return null;
  if (at === -1) return target;
  const user = isUri ? decodeUser(bare.slice(0, at)) : bare.slice(0, at);
  return user === null ? null : { ...target, user };
}

function parseTarget(text: string): SshHop | null {
  const found = /^(?:\[([^\]]+)\]|([^:/[\]]+))(?::([^:/]*))?$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined) return null;
  const written = found?.[3] ?? '';
  if (written === '') return { host };
  const port = parsePort(written);
  return port === null ? null : { host, port };
}

/** The user of a URI: percent-encoded, and followed by parameters that nobody uses (draft-salowey-secsh-uri). */
function decodeUser(text: string): string | null {
  const user = text.split(';', 1)[0] ?? '';
  try {
    return user === '' ? null : decodeURIComponent(user);
  } catch {
    return null;
  }
}
