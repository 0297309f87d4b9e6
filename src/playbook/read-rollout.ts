import { isScalar, type YAMLMap } from 'yaml';
import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import { nodeKind, type YamlEntry } from '../errors/yaml-entries.ts';
import type { Place } from '../model/diagnostic.ts';
import type { RolloutSettings } from '../model/rollout.ts';
import { placeFinder } from './place-finder.ts';
import { AROUND_ROLE_KEYS, ONCE_ROLE_KEYS, ROLLOUT_KEYS, SETTING_KEYS } from './play-keys.ts';
import { type RoleDraft, readRoles } from './read-roles.ts';
import { type Reading, readPattern, report, spotOf } from './read-text.ts';
import { parseRolloutSettings } from './rollout-settings.ts';

/** A role around a host's turn that is not loaded yet. */
export interface AroundDraft extends RoleDraft {
  readonly on: string | null;
  readonly onPlace: Place | null;
  readonly onSource: string | null;
}

/** The rollout of a play whose roles are not loaded yet. */
export interface RolloutDraft extends RolloutSettings {
  readonly once: readonly (AroundDraft & { readonly per: 'run' | 'batch' })[];
  readonly before: readonly AroundDraft[];
  readonly after: readonly AroundDraft[];
  readonly gate: readonly AroundDraft[];
  readonly spreadPlace: Place | null;
  readonly spreadSource: string | null;
}

/** Reads how a play goes through its hosts; null where it says nothing of that. */
export function readRollout(reading: Reading, play: YAMLMap, entries: ReadonlyMap<string, YamlEntry>): RolloutDraft | null {
  if (!ROLLOUT_KEYS.some((key) => entries.has(key))) return null;
  const around = (key: string, keys: readonly string[]): readonly AroundDraft[] => {
    const entry = entries.get(key);
    return entry === undefined ? [] : readRoles(reading, entry, keys).map((draft) => readAround(reading, draft));
  };
  const spread = spotOf(reading, entries.get('spread'));
  return {
    ...readSettings(reading, play, entries),
    once: around('once', ONCE_ROLE_KEYS).map((draft) => ({ ...draft, per: readPer(reading, draft.entries.get('per')) })),
    before: around('before', AROUND_ROLE_KEYS),
    after: around('after', AROUND_ROLE_KEYS),
    gate: around('gate', AROUND_ROLE_KEYS),
    spreadPlace: spread.place,
    spreadSource: spread.source,
  };
}

function readSettings({ source, problems }: Reading, play: YAMLMap, entries: ReadonlyMap<string, YamlEntry>): RolloutSettings {
  const values = SETTING_KEYS.flatMap((key) => {
    const entry = entries.get(key);
    return entry === undefined ? [] : [[key, source.value(entry.valueNode)] as const];
  });
  const parsed = parseRolloutSettings(Object.fromEntries(values), { hasGate: entries.has('gate') });
  const find = placeFinder(source, play, play);
  for (const { path, part, code, message, hint } of parsed.problems) {
    const place = find(path, part);
    problems.push(diagnose(code, message, { place, source: source.line(place.line), hint }));
  }
  return parsed.settings;
}

function readAround(reading: Reading, draft: RoleDraft): AroundDraft {
  const entry = draft.entries.get('on');
  const { place, source } = spotOf(reading, entry);
  return { ...draft, on: entry === undefined ? null : readPattern(reading, entry), onPlace: place, onSource: source };
}

function readPer(reading: Reading, entry: YamlEntry | undefined): 'run' | 'batch' {
  if (entry === undefined) return 'batch';
  const node = reading.source.resolve(entry.valueNode);
  const value = isScalar(node) ? node.value : null;
  if (value === 'run' || value === 'batch') return value;
  const found = typeof value === 'string' ? `text ${JSON.stringify(value)}` : nodeKind(node);
  const hint = typeof value === 'string' ? didYouMean(value, ['run', 'batch']) : null;
  report(reading, entry.valueNode ?? entry.keyNode, { message: `"per" must be run or batch, found ${found}`, hint });
  return 'batch';
}
