import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Play, RoleUse } from '../model/play.ts';
import { AROUND_KEYS } from './play-keys.ts';

/** Tags with a meaning of their own, as in Ansible. */
const SPECIAL_TAGS: readonly string[] = ['all', 'always', 'never', 'tagged', 'untagged'];

/** True for roles with these tags that are to run. */
export type TagSelector = (tags: readonly string[]) => boolean;

/**
 * Says which roles `--tags` selects, as Ansible does: without a request all but those tagged `never`; else those with a requested
 * tag and those tagged `always`. `all`, `tagged` and `untagged` can be requested too; a role tagged `never` needs one of its tags by name.
 */
export function tagSelector(requested: readonly string[]): TagSelector {
  const wanted = new Set(requested.length === 0 ? ['all'] : requested);
  return (tags) => {
    if (tags.includes('always') || tags.some((tag) => wanted.has(tag))) return true;
    if (tags.length === 0) return wanted.has('all') || wanted.has('untagged');
    return !tags.includes('never') && (wanted.has('all') || wanted.has('tagged'));
  };
}

/** The tags of a role in a play: its own and those of the play. */
export function inheritedTags(play: Pick<Play, 'tags'>, use: Pick<RoleUse, 'tags'>): readonly string[] {
  return [...new Set([...play.tags, ...use.tags])];
}

/** The tags that plays and their roles are given. Steps have none, so that a mistyped tag is found before any host is contacted. */
export function playbookTags(plays: readonly Play[]): ReadonlySet<string> {
  return new Set(plays.flatMap((play) => [...play.tags, ...rolesOf(play).flatMap((use) => use.tags)]));
}

function rolesOf({ roles, rollout }: Play): readonly RoleUse[] {
  const around = rollout === null ? [] : AROUND_KEYS.flatMap((key) => rollout[key]);
  return [...roles, ...around.map(({ use }) => use)];
}

/** Reports each requested tag that nothing has. */
export function checkTags(requested: readonly string[], known: Iterable<string>): readonly Diagnostic[] {
  const names = [...new Set([...known, ...SPECIAL_TAGS])];
  const strange = [...new Set(requested)].filter((tag) => !names.includes(tag));
  return strange.map((tag) => {
    const own = names.filter((name) => !SPECIAL_TAGS.includes(name));
    const list = own.length === 0 ? 'the playbook has no tags' : `tags are ${own.sort().join(', ')}`;
    return diagnose('tag-unknown', `no play or role has the tag "${tag}"`, { hint: didYouMean(tag, names) ?? list });
  });
}

/** Splits `a,b` and drops empty names and white space. */
export function splitTags(text: string): readonly string[] {
  return text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}
