import { readFileSync } from 'node:fs';

/** drover's version, from the package.json above `src/` or `dist/`. */
export const VERSION: string = String(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
