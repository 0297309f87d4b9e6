import type { Column } from './columns.ts';
import type { Hole, HostGroup } from './fold.ts';

/** A group before it is compared with the others. */
export interface Draft {
  readonly group: HostGroup;
  /** By step of the group. */
  readonly columns: readonly (readonly Column[])[];
}

/** The groups, in which a step that a larger group tells with the same diff refers to that group. */
export function withSameAs(drafts: readonly Draft[]): readonly HostGroup[] {
  const tellers = tellersOf(drafts);
  return drafts.map(({ group, columns }, index) => ({
    ...group,
    steps: group.steps.map((step, at) => {
      const teller = tellers.get(step.id);
      if (teller === undefined || teller.group === index) return step;
      const there = compare(columns[at] ?? [], teller.columns);
      return there === null ? step : { ...step, sameAs: teller.group, there };
    }),
  }));
}

interface Teller {
  readonly group: number;
  readonly hosts: number;
  readonly columns: readonly Column[];
}

/** By the number of the step: the group of most hosts tells it. */
function tellersOf(drafts: readonly Draft[]): ReadonlyMap<number, Teller> {
  const tellers = new Map<number, Teller>();
  for (const [index, { group, columns }] of drafts.entries()) {
    for (const [at, { id }] of group.steps.entries()) {
      if ((tellers.get(id)?.hosts ?? 0) >= group.hosts.length) continue;
      tellers.set(id, { group: index, hosts: group.hosts.length, columns: columns[at] ?? [] });
    }
  }
  return tellers;
}

/** What the hosts of a group have in the holes of the telling one; null where they do not fit what is told. */
function compare(own: readonly Column[], told: readonly Column[]): readonly Hole[] | null {
  const there = new Map<string, Hole>();
  for (const [hole, { label, name, values }] of told.entries()) {
    const column = own[hole];
    if (column === undefined) return null;
    if (label === null && column.values.some((value) => value !== values[0])) return null;
    if (label !== null && name === null) there.set(label, { label, values: column.values });
  }
  return [...there.values()];
}
