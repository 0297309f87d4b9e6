/** A duration for people: `412 ms`, `3.2 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
}

/** Durations from the shortest to the longest: `1.2 s to 3.4 s`. */
export function formatDurations([least, most]: readonly [least: number, most: number]): string {
  const [from, to] = [formatDuration(least), formatDuration(most)];
  return from === to ? from : `${from} to ${to}`;
}

/** A duration that is still growing: in whole seconds below a minute, so that it does not flicker. */
export function formatSeconds(ms: number): string {
  return ms < 59_500 ? `${Math.floor(ms / 1000)} s` : formatDuration(ms);
}

/** An estimated duration, as roughly as it is known: `20 s`, `4 min`, `1 h 20 min`. */
export function formatEstimate(ms: number): string {
  const seconds = Math.max(10, Math.round(ms / 10_000) * 10);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${pad(Math.floor((minutes % 60) / 10) * 10)} min`;
}

/** A number of bytes for people, in powers of ten: `812 B`, `12.3 kB`, `4.1 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const larger of ['kB', 'MB', 'GB', 'TB']) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  return unit === 'B' ? `${bytes} B` : `${value.toFixed(1)} ${unit}`;
}

/** A number with its noun: `1 host`, `3 hosts`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
