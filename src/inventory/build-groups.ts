import { type Draft, type GroupDraft, groupDraft } from './draft.ts';
import type { Group } from './inventory.ts';

/** Makes the groups of a draft without cycles: `all` above every group that has no parent, `ungrouped` for hosts in no other group. */
export function buildGroups(draft: Draft): ReadonlyMap<string, Group> {
  adoptOrphans(draft);
  const order = new Map([...draft.hosts.keys()].map((name, index) => [name, index]));
  const sorted = (names: Iterable<string>): string[] => [...names].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  const depths = groupDepths(draft);
  const members = new Map<string, ReadonlySet<string>>();
  return new Map(
    [...draft.groups.values()].map((group) => [
      group.name,
      {
        name: group.name,
        depth: depths.get(group.name) ?? 0,
        hosts: sorted(group.hosts),
        children: [...group.children.keys()],
        members: new Set(sorted(membersOf(draft, group, members))),
        vars: group.vars,
      },
    ]),
  );
}

function adoptOrphans(draft: Draft): void {
  gatherUngrouped(draft);
  const withParent = new Set([...draft.groups.values()].flatMap((group) => [...group.children.keys()]));
  for (const name of draft.groups.keys()) {
    if (name !== 'all' && !withParent.has(name)) groupDraft(draft, 'all').children.set(name, null);
  }
}

function gatherUngrouped(draft: Draft): void {
  const named = [...draft.groups.values()].filter(({ name }) => name !== 'all' && name !== 'ungrouped');
  const grouped = new Set(named.flatMap((group) => [...group.hosts]));
  const loose = [...draft.hosts.keys()].filter((name) => !grouped.has(name));
  if (loose.length === 0 && !draft.groups.has('ungrouped')) return;
  const { hosts } = groupDraft(draft, 'ungrouped');
  hosts.clear();
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

function membersOf(draft: Draft, group: GroupDraft, known: Map<string, ReadonlySet<string>>): ReadonlySet<string> {
  const cached = known.get(group.name);
  if (cached !== undefined) return cached;
  const members = new Set(group.hosts);
  for (const child of group.children.keys()) {
    const below = draft.groups.get(child);
    if (below !== undefined) for (const name of membersOf(draft, below, known)) members.add(name);
  }
  known.set(group.name, members);
  return members;
}
