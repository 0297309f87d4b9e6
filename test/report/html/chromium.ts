import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Where Chromium is, which test/unit-setup.ts installs where it may; null where there is none. */
export const CHROMIUM: string | null = PATHS.find((path) => existsSync(path)) ?? null;

if (CHROMIUM === null) process.stderr.write('the HTML report is not tried in a browser: there is no chromium here\n');

/** Starts a browser that asks for nothing of its own. Its sandbox needs a user that is not root. */
export async function launch(): Promise<Browser> {
  const quiet = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', ...quiet] });
}
