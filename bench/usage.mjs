// Preloaded into a measured process: leaves its CPU time (ms) and peak memory (MiB) in the file that BENCH_USAGE names.
import { writeFileSync } from 'node:fs';

process.once('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeFileSync(
    process.env.BENCH_USAGE,
    JSON.stringify({ cpuMs: Math.round((userCPUTime + systemCPUTime) / 1000), peakMiB: Math.round(maxRSS / 1024) }),
  );
});
