import { z } from 'zod';
import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { BECOME_METHODS } from '../model/host.ts';
import { isRole, type PlaybookDefinition } from './define.ts';
import { explainIssue } from './explain-issue.ts';
import { formatPath } from './format-path.ts';
import {
  ANSIBLE_PLAY_KEYS,
  AROUND_KEYS,
  AROUND_ROLE_KEYS,
  KNOWN_ROLE_KEYS,
  type KnownKey,
  ONCE_ROLE_KEYS,
  PLAY_KEYS,
  ROLE_KEYS,
  SETTING_KEYS,
} from './play-keys.ts';
import { BECOME_FIELDS } from './read-become.ts';
import { parseRolloutSettings } from './rollout-settings.ts';
import { isRecord } from './setting.ts';

const text = z.string().min(1);
const names = z.union([z.string(), z.array(z.string())]);
const pattern = z.union([text, z.array(text).min(1)]);
const role = z.union([text, z.custom(isRole, 'not a role name or a role')]);
const list = z.array(z.unknown());
const become = z.union([z.boolean(), z.strictObject({ user: text.optional(), method: z.enum(BECOME_METHODS).optional() })]);

const PLAYS = z.array(
  z.strictObject({
    name: z.string().optional(),
    hosts: names,
    roles: list,
    vars: z.record(z.string(), z.unknown()).optional(),
    become: become.optional(),
    allow: z.array(z.enum(['reboot', 'disconnect'])).optional(),
    tags: names.optional(),
    ...Object.fromEntries(AROUND_KEYS.map((key) => [key, list.optional()])),
    // Checked by parseRolloutSettings, in the words that YAML playbooks get.
    ...Object.fromEntries(SETTING_KEYS.map((key) => [key, z.unknown().optional()])),
  }),
);

const ROLE = z.strictObject({
  role,
  params: z.record(z.string(), z.unknown()).optional(),
  tags: names.optional(),
  become: become.optional(),
});
const AROUND = ROLE.extend({ on: pattern.optional() });
const ONCE = AROUND.extend({ per: z.enum(['run', 'batch']).optional() });

/** Checks what a playbook module exports; TypeScript's types do not hold at run time. Problems name the path, and the file as their place. */
export function readDefinition(file: string, exported: unknown): Checked<PlaybookDefinition> {
  const where = { place: { file, line: 1, column: 1 } };
  const none: PlaybookDefinition = { drover: 'playbook', plays: [] };
  if (!isDefinition(exported)) {
    const hint = 'write: export default definePlaybook([ … ])';
    return { value: none, problems: [diagnose('playbook-shape', 'the default export is not a playbook', { ...where, hint })] };
  }
  const checked = PLAYS.safeParse(exported.plays, { reportInput: true });
  const problems = [
    ...(checked.error?.issues ?? []).flatMap((issue) => definitionProblems(file, issue)),
    ...playsOf(exported.plays).flatMap(([index, play]) => [...useProblems(file, index, play), ...settingProblems(file, index, play)]),
  ];
  return { value: problems.length === 0 ? exported : none, problems };
}

function playsOf(plays: unknown): readonly (readonly [number, Readonly<Record<string, unknown>>])[] {
  return (Array.isArray(plays) ? plays : []).flatMap((play: unknown, index) => (isRecord(play) ? [[index, play] as const] : []));
}

/** Uses of roles are checked one by one: a union of name, role and mapping would only say that none of them fits. */
function useProblems(file: string, play: number, definition: Readonly<Record<string, unknown>>): readonly Diagnostic[] {
  return ['roles', ...AROUND_KEYS].flatMap((key) => {
    const uses = definition[key];
    const schema = key === 'roles' ? ROLE : key === 'once' ? ONCE : AROUND;
    return (Array.isArray(uses) ? uses : []).flatMap((use: unknown, index) => {
      if ((typeof use === 'string' && use !== '') || isRole(use)) return [];
      const path = [play, key, index];
      const issues = schema.safeParse(use, { reportInput: true }).error?.issues ?? [];
      return issues.flatMap((issue) => definitionProblems(file, { ...issue, path: [...path, ...issue.path] }));
    });
  });
}

function settingProblems(file: string, play: number, definition: Readonly<Record<string, unknown>>): readonly Diagnostic[] {
  const place = { file, line: 1, column: 1 };
  const { problems } = parseRolloutSettings(definition, { hasGate: definition.gate !== undefined });
  return problems.map(({ code, message, hint }) => diagnose(code, message.replace(/^"/, `"plays[${play}].`), { place, hint }));
}

function definitionProblems(file: string, issue: z.core.$ZodIssue): readonly Diagnostic[] {
  const place = { file, line: 1, column: 1 };
  if (issue.code !== 'unrecognized_keys') {
    return [diagnose('playbook-shape', explainIssue(issue, issue.input).replace('parameter "', '"plays'), { place })];
  }
  const { keys, known } = keysAt(issue.path);
  return issue.keys.map((key) => {
    const { code = 'key-unknown', hint = didYouMean(key, keys) } = known.get(key) ?? {};
    return diagnose(code, `"plays${formatPath(issue.path)}" has no key "${key}"`, { place, hint });
  });
}

/** The keys of a mapping in a playbook, and what is known of others. */
function keysAt(path: readonly PropertyKey[]): { readonly keys: readonly string[]; readonly known: ReadonlyMap<string, KnownKey> } {
  const [, list] = path;
  if (list === undefined) return { keys: PLAY_KEYS, known: ANSIBLE_PLAY_KEYS };
  if (path.at(-1) === 'become') return { keys: BECOME_FIELDS, known: new Map() };
  return { keys: list === 'roles' ? ROLE_KEYS : list === 'once' ? ONCE_ROLE_KEYS : AROUND_ROLE_KEYS, known: KNOWN_ROLE_KEYS };
}

function isDefinition(value: unknown): value is PlaybookDefinition {
  return typeof value === 'object' && value !== null && 'drover' in value && value.drover === 'playbook' && 'plays' in value;
}
