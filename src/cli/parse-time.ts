import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** A point in time as ISO 8601 in UTC: so long ago (`90m`, `12h`, `7d`, `4w`), or a date with or without a time, in UTC where it names no zone. */
export function parseTime(value: string, now: number = Date.now()): string {
  return parseAge(value, now) ?? parseDate(value);
}

/** The same, of ages alone. */
export function parseOlder(value: string): string {
  const time = parseAge(value, Date.now());
  if (time === null) throw new InvalidArgumentError('must be a number with m, h, d or w, such as 90d');
  return time;
}

function parseAge(value: string, now: number): string | null {
  const [, number = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(value) ?? [];
  return number === '' ? null : new Date(now - Number(number) * (UNIT_MS[unit] ?? 0)).toISOString();
}

function parseDate(value: string): string {
  const [, day = '', time = 'T00:00', zone = 'Z'] = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d)?)?(Z|[+-]\d\d:\d\d)?$/.exec(value) ?? [];
  const date = new Date(`${day}${time.replace(' ', 'T')}${zone}`);
  // Date takes 31 February for a day in March.
  const isDay = day !== '' && !Number.isNaN(date.getTime()) && new Date(`${day}T00:00Z`).toISOString().startsWith(day);
  if (!isDay) throw new InvalidArgumentError('must be an age such as 7d, or a date such as 2026-11-20');
  return date.toISOString();
}
