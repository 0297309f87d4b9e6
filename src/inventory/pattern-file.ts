import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Reads files of patterns for `selectHosts`, their paths taken from this folder. */
export function patternFiles(folder: string): (path: string) => string | null {
  return (path) => {
    try {
      return readFileSync(resolve(folder, path), 'utf8');
    } catch {
      return null;
    }
  };
}
