import { readFile as readFileFromDisk } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inPlaceOrder, uniqueDiagnostics } from '../errors/diagnose.ts';
import { parseYamlSource, type YamlSource } from '../errors/yaml-source.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { AroundUse, Play, Playbook, RoleUse, Rollout } from '../model/play.ts';
import { FETCHES_NOTHING, type SecretKeeper } from '../model/secret.ts';
import { type BecomeWords, becomeOfUse } from './become.ts';
import { isModulePath, type ModuleOptions, moduleLoader } from './load-module.ts';
import { loadTyped } from './load-typed.ts';
import { type PlayDraft, readPlays } from './read-play.ts';
import type { RoleDraft } from './read-roles.ts';
import type { AroundDraft, RolloutDraft } from './read-rollout.ts';
import { type RoleFinder, roleFinder } from './roles.ts';
import { unreadable } from './unreadable.ts';

/** Where roles are looked for and how modules are loaded. */
export interface PlaybookOptions extends ModuleOptions {
  /** Folders that are searched after the `roles/` beside the playbook: the project's, then drover's own. */
  readonly roleDirectories: readonly string[];
  /** Makes secrets of what is tagged `!secret`. Default: nothing fetches them. */
  readonly secrets?: SecretKeeper;
  /** Reads a file as text. Default: from disk. */
  readonly readFile?: (path: string) => Promise<string>;
}

/**
 * Loads a playbook, YAML or a module whose default export is made by `definePlaybook`, with its roles.
 * Reports all problems at once and never rejects for what stands in a file; parameters are checked by `resolvePlay`.
 */
export async function loadPlaybook(file: string, options: PlaybookOptions): Promise<Checked<Playbook>> {
  const load = moduleLoader(options);
  const finder = roleFinder(roleFolders(file, options.roleDirectories), load);
  const { value: plays, problems } = isModulePath(file) ? await loadTyped(file, finder, load) : await loadYaml(file, finder, options);
  return { value: { file, plays }, problems: inPlaceOrder(uniqueDiagnostics(problems)) };
}

/** The folders in which the roles of a playbook are looked for: `roles/` beside it, then the given ones, each once. */
function roleFolders(file: string, further: readonly string[]): readonly string[] {
  return [...new Set([join(dirname(file), 'roles'), ...further.map((folder) => join(folder))])];
}

async function loadYaml(file: string, finder: RoleFinder, options: PlaybookOptions): Promise<Checked<readonly Play[]>> {
  const read = options.readFile ?? ((path) => readFileFromDisk(path, 'utf8'));
  let text: string;
  try {
    text = await read(file);
  } catch (error) {
    return { value: [], problems: [unreadable(file, error)] };
  }
  const source = parseYamlSource(file, text, [], options.secrets ?? FETCHES_NOTHING);
  const problems = [...source.problems];
  if (!source.usable) return { value: [], problems };
  const plays: Play[] = [];
  for (const draft of readPlays({ source, problems })) plays.push(await finishPlay(draft, { source, finder, problems }));
  // A play without hosts is reported already; an empty pattern would only be reported again.
  return { value: plays.filter((play) => play.hosts !== ''), problems };
}

interface Finishing {
  readonly source: YamlSource;
  readonly finder: RoleFinder;
  readonly problems: Diagnostic[];
  /** What the play says about whom its steps become. */
  readonly words: BecomeWords;
}

async function finishPlay({ becomeWords, ...draft }: PlayDraft, found: Omit<Finishing, 'words'>): Promise<Play> {
  const finishing = { ...found, words: becomeWords };
  const roles: RoleUse[] = [];
  for (const use of draft.roles) roles.push(...(await finishRole(use, finishing)));
  return { ...draft, roles, rollout: draft.rollout === null ? null : await finishRollout(draft.rollout, finishing) };
}

async function finishRollout(draft: RolloutDraft, finishing: Finishing): Promise<Rollout> {
  const finish = async <D extends AroundDraft>(uses: readonly D[]): Promise<readonly { draft: D; use: RoleUse }[]> => {
    const finished: { draft: D; use: RoleUse }[] = [];
    for (const each of uses) for (const use of await finishRole(each, finishing)) finished.push({ draft: each, use });
    return finished;
  };
  const around = async (uses: readonly AroundDraft[]): Promise<readonly AroundUse[]> =>
    (await finish(uses)).map(({ draft: { on, onPlace, onSource }, use }) => ({ use, on, onPlace, onSource }));
  return {
    ...draft,
    once: (await finish(draft.once)).map(({ draft: { on, onPlace, onSource, per }, use }) => ({ use, on, onPlace, onSource, per })),
    before: await around(draft.before),
    after: await around(draft.after),
    gate: await around(draft.gate),
  };
}

async function finishRole(draft: RoleDraft, { source, finder, problems, words }: Finishing): Promise<readonly RoleUse[]> {
  const place = source.place(draft.node);
  const found = await finder.find(draft.role, { place, source: source.line(place.line) });
  problems.push(...found.problems);
  if (found.value === null) return [];
  const { params, tags } = draft;
  const become = becomeOfUse(draft.become, words);
  return [{ role: found.value.role, params, tags, ...become, place: draft.place, source: ({ line }) => source.line(line) }];
}
