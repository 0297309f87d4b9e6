// Loaded into a drover process (NODE_OPTIONS=--import): how long its event loop stood still, and what memory it takes. Written to
// $LOOP_WATCH_FILE at its end, and to $LOOP_WATCH_FILE.held when it gets SIGUSR2.
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const RESOLUTION_MS = 5;
const file = process.env.LOOP_WATCH_FILE;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let sockets = 0;
let busiestMs = 0;
let last = { at: performance.now(), cpu: process.cpuUsage() };
// Of a stall, what this process itself computed: the rest of the time the machine gave to others.
setInterval(() => {
  const now = { at: performance.now(), cpu: process.cpuUsage() };
  const own = (now.cpu.user + now.cpu.system - last.cpu.user - last.cpu.system) / 1e3;
  busiestMs = Math.max(busiestMs, Math.min(own, now.at - last.at - RESOLUTION_MS));
  last = now;
}, RESOLUTION_MS).unref();
// What comes before the first connection is the start of the program.
subscribe('net.client.socket', () => {
  sockets += 1;
  if (sockets > 1) return;
  delay.reset();
  busiestMs = 0;
});

// The histogram holds the time between two ticks, not what is too much of it.
const stall = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
process.once('exit', () => {
  const figures = {
    sockets,
    longestStallMs: stall(delay.max),
    busiestMs,
    p99StallMs: stall(delay.percentile(99)),
    maxRssKb: process.resourceUsage().maxRSS,
  };
  writeFileSync(file, JSON.stringify(figures));
});

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
process.on('SIGUSR2', () => {
  const asIs = process.memoryUsage().rss;
  gc();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(`${file}.held`, JSON.stringify({ rssKb: asIs / 1024, heapKb: heapUsed / 1024, externalKb: external / 1024 }));
});
