import type { Amount } from '../model/rollout.ts';
import { found, type Setting } from './setting.ts';

/** The smallest amounts that make sense: batches hold a host, failures may be none. */
export type Least = 0 | 1;

const SHARE = /^\s*([-+]?[0-9]+(?:\.[0-9]+)?)\s*%\s*$/;

/** Reads a number of hosts or a percentage; null with a problem for anything else. */
export function parseAmount(setting: Setting, least: Least): Amount | null {
  const { value } = setting;
  if (typeof value === 'number') return parseCount(value, setting, least);
  const share = typeof value === 'string' ? SHARE.exec(value)?.[1] : undefined;
  if (share !== undefined) return parseShare(Number(share), setting, least);
  setting.report({ message: `${setting.name} must be a number of hosts or a percentage, found ${found(value)}`, hint: hintFor(value) });
  return null;
}

function parseCount(count: number, setting: Setting, least: Least): Amount | null {
  if (Number.isInteger(count) && count >= least) return { kind: 'count', count };
  const hint = least === 1 && count === 0 ? 'leave it out to work on all hosts at once' : null;
  setting.report({ message: `${setting.name} must be a whole number of hosts from ${least} on, or a percentage, found ${count}`, hint });
  return null;
}

function parseShare(percent: number, setting: Setting, least: Least): Amount | null {
  if (percent <= 100 && (least === 0 ? percent >= 0 : percent > 0)) return { kind: 'percent', percent };
  const range = least === 0 ? 'from 0% to 100%' : 'of more than 0% and at most 100%';
  setting.report({ message: `${setting.name} must be a percentage ${range}, found ${percent}%`, hint: null });
  return null;
}

function hintFor(value: unknown): string {
  if (typeof value !== 'string') return 'write 2 or 10%';
  if (value.includes('{{')) return 'how a play goes through its hosts is the same for all of them; {{ }} works in params and on';
  return /^[0-9]+$/.test(value.trim()) ? 'write the number without quotes and leading zeros' : 'write 2 or 10%';
}
