import { readFileSync } from 'node:fs';

/** drover's version, from its package.json. */
export function readVersion(): string {
  return String(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
}
