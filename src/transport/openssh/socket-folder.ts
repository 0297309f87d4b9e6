import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Longest path of a control socket, in bytes: a socket's path has room for 103 (sun_path on macOS, the shortest), and ssh first binds it with
 * 17 characters behind it.
 */
const LONGEST = 103 - 17;

/** The control socket's name in its folder. */
export const SOCKET_NAME = 'ctl';

/** Makes a folder for one control socket, which nobody else can enter. Throws where no place for temporary files can be written to. */
export function makeSocketFolder(places: readonly (string | undefined)[] = [process.env.XDG_RUNTIME_DIR, tmpdir(), '/tmp']): string {
  let problem: unknown = new Error('there is no place for the control socket of ssh');
  for (const place of places) {
    if (place === undefined || !isUsable(place)) continue;
    try {
      return mkdtempSync(join(place, 'drover-'));
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

/** ssh expands `~`, `%` and `${` in the path, and splits it at white space. */
function isUsable(place: string): boolean {
  return /^\/[\w./-]*$/.test(place) && Buffer.byteLength(join(place, 'drover-XXXXXX', SOCKET_NAME)) <= LONGEST;
}
