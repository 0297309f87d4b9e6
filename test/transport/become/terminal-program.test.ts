import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { FROM_TERMINAL, RAW_TERMINAL } from '../../../src/transport/become/terminal-program.ts';
import { BOOT } from '../../../src/transport/boot.ts';

const noScript = spawnSync('script', ['--version']).status === 0 ? null : 'script(1), which makes a terminal, is not installed';
if (noScript !== null) console.warn(`skipped: what a script leaves on its terminal: ${noScript}`);

/** Command lines of processes in which a text stands. */
function processesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
        return words.includes(text) ? [words.join(' ')] : [];
      } catch {
        return [];
      }
    });
}

it.skipIf(noScript !== null)('nothing holds the terminal open behind its script, however long the terminal stays', async () => {
  const marker = `drover-${randomBytes(12).toString('hex')}`;
  const body = 'echo done\n#';
  // The terminal stays until a line is typed, as sudo may hold it.
  const inner = `${RAW_TERMINAL}; sh -c "$FROM_TERMINAL" drover "$BOOT" ${marker} ${body.length} ""; read -r line`;
  const env = { PATH: process.env.PATH, FROM_TERMINAL, BOOT };
  const child = spawn('script', ['--quiet', '--return', '--command', inner, '/dev/null'], { env });
  const ended = once(child, 'close');
  try {
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString('latin1');
    });
    await vi.waitFor(() => expect(shown).toContain(`${marker}\n`), { timeout: 10_000 });
    child.stdin.write(body);
    await vi.waitFor(() => expect(shown).toContain(`${marker}-end 0\n`), { timeout: 10_000 });
    await vi.waitFor(() => expect(processesWith(marker)).toEqual([]), { timeout: 5_000 });
    expect(child.exitCode).toBe(null);
  } finally {
    child.stdin.end('\n');
    const late = setTimeout(() => child.kill('SIGKILL'), 2_000);
    await ended;
    clearTimeout(late);
  }
});
