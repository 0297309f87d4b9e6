import type { Fingerprint, PlayPrint, UsePrint } from './fingerprint.ts';
import type { Amount, RolloutSettings } from './model/rollout.ts';

/** What differs between an earlier run and this one, in plain sentences; empty where they are the same. The text of the playbook does not count. */
export function compareFingerprints(earlier: Fingerprint, now: Fingerprint): readonly string[] {
  const [before, after] = [numbered(earlier.plays), numbered(now.plays)];
  const common = [...before.keys()].filter((key) => after.has(key));
  const isReordered = common.join('\n') !== [...after.keys()].filter((key) => before.has(key)).join('\n');
  return [
    ...[...after.keys()].filter((key) => !before.has(key)).map((key) => `play ${key} is new`),
    ...[...before.keys()].filter((key) => !after.has(key)).map((key) => `play ${key} is gone`),
    ...(isReordered ? ['the order of the plays differs'] : []),
    ...common.flatMap((key) => {
      const [old, present] = [before.get(key), after.get(key)];
      return old === undefined || present === undefined ? [] : comparePlays(`play ${key}`, old, present);
    }),
  ];
}

/** Plays by their quoted name; of plays with the same name each has its number. */
function numbered(plays: readonly PlayPrint[]): ReadonlyMap<string, PlayPrint> {
  const found = new Map<string, PlayPrint>();
  for (const play of plays) {
    let key = JSON.stringify(play.name);
    for (let number = 2; found.has(key); number += 1) key = `${JSON.stringify(play.name)} (#${number})`;
    found.set(key, play);
  }
  return found;
}

function comparePlays(name: string, before: PlayPrint, after: PlayPrint): readonly string[] {
  const hosts = listDifference(Object.keys(before.hosts).sort(), Object.keys(after.hosts).sort());
  const differs = (what: string, old: string, now: string): string[] => (old === now ? [] : [`${name}: ${what} differs: ${old} → ${now}`]);
  return [
    ...(hosts === null ? [] : [`the hosts of ${name} differ: ${hosts}`]),
    ...differs('become', before.become ?? 'nobody', after.become ?? 'nobody'),
    ...differs('allow', before.allow.join(', ') || 'nothing', after.allow.join(', ') || 'nothing'),
    ...compareSettings(before.rollout, after.rollout).map((sentence) => `${name}: ${sentence}`),
    ...compareUses(before, after).map((sentence) => `${name}: ${sentence}`),
  ];
}

function compareSettings(before: RolloutSettings | null, after: RolloutSettings | null): readonly string[] {
  if (before === null || after === null) {
    if (before === after) return [];
    return [before === null ? 'its rollout is new' : 'its rollout is gone'];
  }
  return SETTINGS.flatMap(([name, show]) => (show(before) === show(after) ? [] : [`${name} differs: ${show(before)} → ${show(after)}`]));
}

const SETTINGS: readonly (readonly [name: string, show: (settings: RolloutSettings) => string])[] = [
  ['serial', ({ serial }) => (serial.length === 0 ? 'all at once' : serial.map(amount).join(', '))],
  ['order', ({ order }) => (order.kind === 'shuffle' ? `shuffle ${order.seed}` : order.kind)],
  ['spread', ({ spread }) => spread.map(({ by, max }) => `at most ${max} by ${by}`).join(', ') || 'none'],
  [
    'maxFailures',
    ({ maxFailures: { batch, total } }) => [...limit(batch, 'in a batch'), ...limit(total, 'in total')].join(', ') || 'any number',
  ],
  ['onFailure', ({ onFailure }) => onFailure],
  ['soak', ({ soakMs }) => `${soakMs / 1000} s`],
  ['onGateFailure', ({ onGateFailure }) => onGateFailure],
];

function amount(value: Amount): string {
  return value.kind === 'count' ? String(value.count) : `${value.percent}%`;
}

function limit(value: Amount | null, of: string): readonly string[] {
  return value === null ? [] : [`${amount(value)} ${of}`];
}

/** Roles and parameters of the hosts that both have; the same difference on several hosts is told once. */
function compareUses(before: PlayPrint, after: PlayPrint): readonly string[] {
  const found = new Map<string, { readonly of: UseDifference; readonly hosts: string[] }>();
  for (const [host, uses] of Object.entries(after.hosts)) {
    const old = Object.hasOwn(before.hosts, host) ? before.hosts[host] : undefined;
    for (const of of old === undefined ? [] : differencesOf(old, uses)) {
      const known = found.get(JSON.stringify(of));
      if (known === undefined) found.set(JSON.stringify(of), { of, hosts: [host] });
      else known.hosts.push(host);
    }
  }
  return [...found.values()].map(({ of: { what, how }, hosts }) => `${what} differ ${on(hosts)}${how}`);
}

interface UseDifference {
  readonly what: string;
  readonly how: string;
}

function differencesOf(before: readonly UsePrint[], after: readonly UsePrint[]): readonly UseDifference[] {
  const roles = listDifference(labels(before), labels(after));
  if (roles !== null) return [{ what: 'the roles', how: `: ${roles}` }];
  return after.flatMap(([role, digest], at) => (before[at]?.[1] === digest ? [] : [{ what: `parameters of role ${role}`, how: '' }]));
}

function labels(uses: readonly UsePrint[]): readonly string[] {
  return uses.map(([role]) => role);
}

function on([first = '', ...more]: readonly string[]): string {
  return more.length === 0 ? `on ${first}` : `on ${first} and ${more.length} more`;
}

/** Names that a list of names has more, has fewer or has in another order; null where it is the same. */
function listDifference(before: readonly string[], after: readonly string[]): string | null {
  const told = [...tell(missing(after, before), 'new'), ...tell(missing(before, after), 'gone')];
  if (told.length > 0) return told.join(', ');
  return before.every((name, index) => name === after[index]) ? null : 'their order is another one';
}

/** What the first list has and the second has not; of a name that stands several times, each. */
function missing(names: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return names.filter((name) => {
    const at = left.indexOf(name);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

function tell(names: readonly string[], what: string): readonly string[] {
  const [first = '', ...more] = names;
  if (names.length === 0) return [];
  return [more.length === 0 ? `${first} is ${what}` : `${first} and ${more.length} more are ${what}`];
}
