import { didYouMean } from '../errors/nearest.ts';
import type { Amount, Order, RolloutSettings, Spread } from '../model/rollout.ts';
import { parseAmount } from './parse-amount.ts';
import { fieldsOf, found, type Setting, type SettingProblem, settingAt } from './setting.ts';

/** The settings of a rollout, with defaults for what is absent or wrong, and every problem. */
export interface ParsedSettings {
  readonly settings: RolloutSettings;
  readonly problems: readonly SettingProblem[];
}

/** Checks the rollout keys of a play, those that hold no roles. Keys without a value count as absent where they are `undefined`. */
export function parseRolloutSettings(
  values: Readonly<Record<string, unknown>>,
  { hasGate }: { readonly hasGate: boolean },
): ParsedSettings {
  const problems: SettingProblem[] = [];
  const read = <T>(key: string, parse: (setting: Setting) => T | null, fallback: T): T =>
    values[key] === undefined ? fallback : (parse(settingAt([key], values[key], problems)) ?? fallback);
  const settings: RolloutSettings = {
    serial: read('serial', (setting) => parseSerial(setting, problems), []),
    order: read('order', parseOrder, { kind: 'inventory' }),
    spread: read('spread', (setting) => parseSpreads(setting, problems), []),
    maxFailures: read('maxFailures', (setting) => parseMaxFailures(setting, problems), { batch: null, total: { kind: 'count', count: 0 } }),
    onFailure: read('onFailure', (setting) => parseWord(setting, ['putBack', 'leaveOut']), 'putBack'),
    soakMs: read('soak', parseDuration, 0),
    onGateFailure: read('onGateFailure', (setting) => parseWord(setting, ['halt', 'undo']), 'halt'),
  };
  if (settings.onGateFailure === 'undo' && !hasGate) {
    const hint = 'add gate: with the roles that must hold behind each batch';
    settingAt(['onGateFailure'], null, problems).report({ part: 'key', message: '"onGateFailure" has no effect without gate', hint });
  }
  return { settings, problems };
}

function parseSerial(setting: Setting, problems: SettingProblem[]): readonly Amount[] {
  if (!Array.isArray(setting.value)) return [parseAmount(setting, 1)].filter((amount) => amount !== null);
  if (setting.value.length === 0)
    setting.report({ message: `${setting.name} is an empty list`, hint: 'leave it out to work on all hosts at once' });
  return setting.value.flatMap((value, index) => parseAmount(settingAt([...setting.path, index], value, problems), 1) ?? []);
}

const ORDERS = ['inventory', 'reverse'] as const;
const SHUFFLE_HINT = 'write { shuffle: SEED }; the same seed gives the same order in plan and apply';
/** Ansible's words for orders that drover has under another name, or not. */
const ANSIBLE_ORDERS: ReadonlyMap<unknown, string> = new Map([
  ['reverse_inventory', 'write reverse'],
  ['shuffle', SHUFFLE_HINT],
  ['sorted', 'hosts go in the order of the inventory'],
  ['reverse_sorted', 'hosts go in the order of the inventory; reverse turns it round'],
]);

function parseOrder(setting: Setting): Order | null {
  const { value, name } = setting;
  const kind = ORDERS.find((word) => word === value);
  if (kind !== undefined) return { kind };
  const fields = fieldsOf(setting, ['shuffle']);
  const seed = fields?.shuffle;
  if ((typeof seed === 'string' && seed !== '') || typeof seed === 'number') return { kind: 'shuffle', seed: String(seed) };
  // Nothing but an unknown key, which is reported already.
  if (fields !== null && seed === undefined && Object.keys(fields).length > 0) return null;
  if (fields !== null && seed !== undefined) {
    setting.report({ path: [...setting.path, 'shuffle'], message: `"order.shuffle" must be text or a number, found ${found(seed)}` });
    return null;
  }
  const hint = ANSIBLE_ORDERS.get(value) ?? (typeof value === 'string' ? didYouMean(value, ORDERS) : null);
  setting.report({ message: `${name} must be inventory, reverse or { shuffle: SEED }, found ${found(value)}`, hint });
  return null;
}

function parseSpreads(setting: Setting, problems: SettingProblem[]): readonly Spread[] {
  if (!Array.isArray(setting.value)) return [parseSpread(setting, problems)].filter((spread) => spread !== null);
  const spreads: Spread[] = [];
  for (const [index, value] of setting.value.entries()) {
    const item = settingAt([...setting.path, index], value, problems);
    const spread = parseSpread(item, problems);
    if (spread === null) continue;
    if (spreads.some(({ by }) => by === spread.by))
      item.report({ message: `${item.name} names "${spread.by}" a second time`, hint: 'keep one of them' });
    else spreads.push(spread);
  }
  return spreads;
}

function parseSpread(setting: Setting, problems: SettingProblem[]): Spread | null {
  const fields = fieldsOf(setting, ['by', 'max']);
  if (fields === null) {
    const message = `${setting.name} must be a mapping with by and max, or a list of them, found ${found(setting.value)}`;
    setting.report({ message, hint: 'write { by: VAR, max: 1 }' });
    return null;
  }
  const { by, max = 1 } = fields;
  if (by === undefined && Object.keys(fields).every((key) => key === 'max')) {
    setting.report({
      part: 'key',
      message: `${setting.name} names no var`,
      hint: 'add by: with the var that holds the failure domain, such as by: zone',
    });
  } else if (by !== undefined && (typeof by !== 'string' || by === '')) {
    const at = settingAt([...setting.path, 'by'], by, problems);
    at.report({ message: `${at.name} must be the name of a var, found ${found(by)}` });
  }
  const isWhole = typeof max === 'number' && Number.isInteger(max) && max >= 1;
  if (!isWhole) {
    const at = settingAt([...setting.path, 'max'], max, problems);
    at.report({ message: `${at.name} must be a whole number of hosts from 1 on, found ${found(max)}` });
  }
  return typeof by === 'string' && by !== '' && isWhole ? { by, max } : null;
}

function parseMaxFailures(setting: Setting, problems: SettingProblem[]): RolloutSettings['maxFailures'] | null {
  const fields = fieldsOf(setting, ['batch', 'total']);
  if (fields === null) {
    const total = parseAmount(setting, 0);
    return total === null ? null : { batch: null, total };
  }
  if (Object.keys(fields).length === 0) setting.report({ message: `${setting.name} is empty`, hint: 'write { batch: 1, total: 10% }' });
  const part = (key: 'batch' | 'total'): Amount | null =>
    fields[key] === undefined ? null : parseAmount(settingAt([...setting.path, key], fields[key], problems), 0);
  return { batch: part('batch'), total: part('total') };
}

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)$/;

/** Milliseconds of a number of seconds, or of text such as `500ms`, `30s`, `5m`, `1h`. */
function parseDuration({ value, name, report }: Setting): number | null {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return Math.round(value * 1000);
  const [, digits, unit] = (typeof value === 'string' ? DURATION.exec(value.trim()) : null) ?? [];
  if (unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h') return Math.round(Number(digits) * UNITS_MS[unit]);
  report({ message: `${name} must be a time in seconds or with a unit, found ${found(value)}`, hint: 'write 30, 30s, 5m or 1h' });
  return null;
}

function parseWord<W extends string>({ value, name, report }: Setting, words: readonly W[]): W | null {
  const word = words.find((known) => known === value);
  if (word !== undefined) return word;
  const hint = typeof value === 'string' ? didYouMean(value, words) : null;
  report({ message: `${name} must be ${words.join(' or ')}, found ${found(value)}`, hint });
  return null;
}
