import { z } from 'zod';
import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { isRole, type PlaybookDefinition } from './define.ts';
import { explainIssue } from './explain-issue.ts';
import { formatPath } from './format-path.ts';
import { ANSIBLE_PLAY_KEYS, PLAY_KEYS, ROLE_KEYS } from './play-keys.ts';

const names = z.union([z.string(), z.array(z.string())]);
const role = z.union([z.string(), z.custom(isRole, 'not a role name or a role')]);

const PLAYS = z.array(
  z.strictObject({
    name: z.string().optional(),
    hosts: names,
    roles: z.array(z.union([role, z.strictObject({ role, params: z.record(z.string(), z.unknown()).optional(), tags: names.optional() })])),
    vars: z.record(z.string(), z.unknown()).optional(),
    become: z.union([z.boolean(), z.strictObject({ user: z.string() })]).optional(),
    allow: z.array(z.enum(['reboot', 'disconnect'])).optional(),
    tags: names.optional(),
  }),
);

/** Checks what a playbook module exports; TypeScript's types do not hold at run time. Problems name the path, and the file as their place. */
export function readDefinition(file: string, exported: unknown): Checked<PlaybookDefinition> {
  const where = { place: { file, line: 1, column: 1 } };
  const none: PlaybookDefinition = { drover: 'playbook', plays: [] };
  if (!isDefinition(exported)) {
    const hint = 'write: export default definePlaybook([ … ])';
    return { value: none, problems: [diagnose('playbook-shape', 'the default export is not a playbook', { ...where, hint })] };
  }
  const checked = PLAYS.safeParse(exported.plays, { reportInput: true });
  if (checked.success) return { value: exported, problems: [] };
  return { value: none, problems: checked.error.issues.flatMap((issue) => definitionProblems(file, issue)) };
}

function definitionProblems(file: string, issue: z.core.$ZodIssue): readonly Diagnostic[] {
  const place = { file, line: 1, column: 1 };
  if (issue.code !== 'unrecognized_keys') {
    return [diagnose('playbook-shape', explainIssue(issue, issue.input).replace('parameter "', '"plays'), { place })];
  }
  return issue.keys.map((key) => {
    const known = ANSIBLE_PLAY_KEYS.get(key);
    const hint = known?.hint ?? didYouMean(key, [...PLAY_KEYS, ...ROLE_KEYS]);
    return diagnose(known?.code ?? 'key-unknown', `"plays${formatPath(issue.path)}" has no key "${key}"`, { place, hint });
  });
}

function isDefinition(value: unknown): value is PlaybookDefinition {
  return typeof value === 'object' && value !== null && 'drover' in value && value.drover === 'playbook' && 'plays' in value;
}
