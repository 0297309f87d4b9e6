import { readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ConfigSource } from './load-config.ts';

/** Reads configuration files from this machine's file system. */
export const fileSource: ConfigSource = {
  read(path, { isIncluded }) {
    try {
      const problem = isIncluded ? untrusted(path) : null;
      return problem === null ? { text: readFileSync(path, 'utf8') } : { problem };
    } catch (error) {
      // A folder reads as an empty file in OpenSSH.
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return null;
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  },
  list(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
};

/** Whoever can write the file can have commands run by ProxyCommand (ssh_config(5), FILES). A group of one's own may write, as Debian has it. */
function untrusted(path: string): string | null {
  const { uid, mode, gid } = statSync(path);
  const me = userInfo();
  if (uid !== 0 && uid !== me.uid) return 'it belongs to another user';
  const isOpen = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== me.gid);
  return isOpen ? 'others can write it' : null;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
