// Looks for secrets in the arguments and environments of all processes that this machine sees, those in containers too, again and again.
// Standard input: one line of JSON, { secret: [forms] }; its end ends the sampling, and what was found is printed as JSON.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';

const PAUSE_MS = 2;
/** Processes younger than this are looked at in every sweep; older ones change no more, and are looked at in every so many. */
const YOUNG_MS = 3_000;
const OLD_EVERY = 50;
/** When each was first seen: those of the first sweep were there long before. */
const firstSeen = new Map();
const lines = createInterface({ input: process.stdin });
let secrets = [];
const found = new Map();
let sweeps = 0;
const durations = [];

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function program(pid) {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '?';
  }
}

function sweep() {
  const startedMs = performance.now();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const seen = firstSeen.get(pid) ?? (sweeps === 0 ? Number.NEGATIVE_INFINITY : startedMs);
    firstSeen.set(pid, seen);
    if (startedMs - seen > YOUNG_MS && sweeps % OLD_EVERY !== 0) continue;
    for (const file of ['cmdline', 'environ']) {
      const text = read(`/proc/${pid}/${file}`);
      if (text === '') continue;
      for (const [secret, forms] of secrets) {
        if (forms.some((form) => text.includes(form)))
          found.set(`${pid} ${file} ${secret}`, { pid: Number(pid), file, secret, program: program(pid) });
      }
    }
  }
  sweeps += 1;
  durations.push(performance.now() - startedMs);
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

lines.once('line', (line) => {
  secrets = Object.entries(JSON.parse(line));
  sweep();
  process.stdout.write('began\n');
  const timer = setInterval(sweep, PAUSE_MS);
  lines.once('close', () => {
    clearInterval(timer);
    process.stdout.write(JSON.stringify({ sweeps, medianMs: median(durations), found: [...found.values()] }));
  });
});
