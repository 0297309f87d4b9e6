import { type Draft, type GroupDraft, groupDraft } from './draft.ts';
import type { Group } from './inventory.ts';

/** Makes the groups of a draft without cycles: `all` above every group that has no parent, `ungrouped` for hosts in no other group. */
export function buildGroups(draft: Draft): ReadonlyMap<string, Group> {
  adoptOrphans(draft);
  const depths = groupDepths(draft);
  return new Map(
    [...draft.groups.values()].map((group) => [
      group.name,
      {
        name: group.name,
        depth: depths.get(group.name) ?? 0,
        hosts: [...group.hosts],
        children: [...group.children.keys()],
        members: membersOf(draft, group),
        vars: group.vars,
      },
    ]),
  );
}

/** `ungrouped` comes first, as in Ansible, then the children that `all` was given, then groups that are in no other. */
function adoptOrphans(draft: Draft): void {
  gatherUngrouped(draft);
  const withParent = new Set([...draft.groups.values()].flatMap((group) => [...group.children.keys()]));
  const { children } = groupDraft(draft, 'all');
  const given = [...children].filter(([name]) => name !== 'ungrouped');
  children.clear();
  if (draft.groups.has('ungrouped')) children.set('ungrouped', null);
  for (const [name, where] of given) children.set(name, where);
  for (const name of draft.groups.keys()) if (name !== 'all' && !withParent.has(name)) children.set(name, null);
}

function gatherUngrouped(draft: Draft): void {
  const named = [...draft.groups.values()].filter(({ name }) => name !== 'all' && name !== 'ungrouped');
  const grouped = new Set(named.flatMap((group) => [...group.hosts]));
  const loose = [...draft.hosts.keys()].filter((name) => !grouped.has(name));
  if (loose.length === 0 && !draft.groups.has('ungrouped')) return;
  const { hosts } = groupDraft(draft, 'ungrouped');
  for (const name of hosts) if (grouped.has(name)) hosts.delete(name);
  for (const name of loose) hosts.add(name);
}

function groupDepths(draft: Draft): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const visit = (name: string, depth: number): void => {
    if ((depths.get(name) ?? -1) >= depth) return;
    depths.set(name, depth);
    for (const child of draft.groups.get(name)?.children.keys() ?? []) visit(child, depth + 1);
  };
  visit('all', 0);
  return depths;
}

/** Hosts of the group itself, then of its children, then of theirs, as Ansible counts them for `web[0]`. */
function membersOf(draft: Draft, group: GroupDraft): ReadonlySet<string> {
  const below = new Set([group]);
  // A set's iterator sees what is added on the way: level by level.
  for (const each of below) {
    for (const child of each.children.keys()) {
      const known = draft.groups.get(child);
      if (known !== undefined) below.add(known);
    }
  }
  return new Set([...below].flatMap(({ hosts }) => [...hosts]));
}
