import { access } from 'node:fs/promises';
import { allowanceOf } from '../model/allowance.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { OnceUse, Play, RoleUse, Rollout } from '../model/play.ts';
import type { Role } from '../model/role.ts';
import { type BecomeWords, becomeOfPlay, becomeOfUse, becomeWords, NO_BECOME } from './become.ts';
import { isRole, type PlayDefinition } from './define.ts';
import type { OnceReference } from './define-rollout.ts';
import type { LoadModule } from './load-module.ts';
import { moduleProblems } from './module-problem.ts';
import { ROLLOUT_KEYS } from './play-keys.ts';
import { readDefinition } from './read-definition.ts';
import type { RoleReference } from './role-reference.ts';
import type { RoleFinder } from './roles.ts';
import { parseRolloutSettings } from './rollout-settings.ts';
import { splitTags } from './tags.ts';
import { unreadable } from './unreadable.ts';

interface Finding {
  readonly finder: RoleFinder;
  readonly problems: Diagnostic[];
  /** What the play says about whom its steps become. */
  readonly words: BecomeWords;
}

/** Loads a typed playbook; its problems have no places but the module's own. */
export async function loadTyped(file: string, finder: RoleFinder, load: LoadModule): Promise<Checked<readonly Play[]>> {
  let exported: unknown;
  try {
    exported = (await load(file)).default;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && (await isAbsent(file));
    const broken = { code: 'playbook-shape', what: 'the playbook', file } as const;
    return { value: [], problems: isMissing ? [unreadable(file, error)] : await moduleProblems(broken, error) };
  }
  const definition = readDefinition(file, exported);
  const problems = [...definition.problems];
  const plays: Play[] = [];
  for (const play of definition.value.plays) plays.push(await typedPlay(play, file, { finder, problems, words: becomeWords(play.become) }));
  return { value: plays, problems };
}

async function typedPlay(play: PlayDefinition, file: string, context: Finding): Promise<Play> {
  const hosts = typeof play.hosts === 'string' ? play.hosts : play.hosts.join(',');
  const uses = await Promise.all(play.roles.map((reference) => typedRole(reference, file, context)));
  return {
    name: play.name ?? hosts,
    hosts,
    hostsPlace: null,
    become: becomeOfPlay(context.words),
    allow: allowanceOf(play.allow ?? []),
    tags: tagList(play.tags),
    vars: play.vars ?? {},
    roles: uses.flat(),
    rollout: await typedRollout(play, file, context),
  };
}

async function typedRollout(play: PlayDefinition, file: string, context: Finding): Promise<Rollout | null> {
  const { once = [], before = [], after = [], gate = [], ...values } = play;
  if (!Object.entries(play).some(([key, value]) => ROLLOUT_KEYS.includes(key) && value !== undefined)) return null;
  const around = async (uses: readonly OnceReference[]): Promise<readonly OnceUse[]> =>
    (await Promise.all(uses.map((reference) => typedAround(reference, file, context)))).flat();
  return {
    ...parseRolloutSettings({ ...values }, { hasGate: play.gate !== undefined }).settings,
    once: await around(once),
    before: await around(before),
    after: await around(after),
    gate: await around(gate),
    spreadPlace: null,
    spreadSource: null,
  };
}

async function typedAround(reference: OnceReference, file: string, context: Finding): Promise<readonly OnceUse[]> {
  const { on, per = 'batch' } = typeof reference === 'string' || isRole(reference) ? {} : reference;
  const pattern = on === undefined || typeof on === 'string' ? (on ?? null) : on.join(',');
  return (await typedRole(reference, file, context)).map((use) => ({ use, on: pattern, onPlace: null, onSource: null, per }));
}

async function typedRole(reference: RoleReference, file: string, context: Finding): Promise<readonly RoleUse[]> {
  const use = typeof reference === 'string' || isRole(reference) ? { role: reference } : reference;
  const role: Role | null = typeof use.role === 'string' ? await findTyped(use.role, file, context) : use.role;
  const params = 'params' in use ? (use.params ?? {}) : {};
  const become = becomeOfUse('become' in use ? becomeWords(use.become) : NO_BECOME, context.words);
  if (role === null) return [];
  return [{ role, params, tags: tagList('tags' in use ? use.tags : []), ...become, place: () => null, source: () => null }];
}

async function findTyped(name: string, file: string, { finder, problems }: Finding): Promise<Role | null> {
  const found = await finder.find(name, { place: { file, line: 1, column: 1 } });
  problems.push(...found.problems);
  return found.value?.role ?? null;
}

function tagList(tags: string | readonly string[] | undefined): readonly string[] {
  return typeof tags === 'string' ? splitTags(tags) : (tags ?? []);
}

async function isAbsent(file: string): Promise<boolean> {
  return access(file).then(
    () => false,
    () => true,
  );
}
