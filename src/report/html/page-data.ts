import type { Fold, Hole, HostGroup } from '../fold/fold.ts';
import type { Report } from '../report.ts';
import type { GroupView } from './group-view.ts';
import { inTableOrder } from './host-table.ts';
import { numberIn, stepId } from './step-id.ts';

/** What the page's script works with: what the page shows, as far as it can be searched and unfolded. */
export interface PageData {
  readonly outcomes: readonly string[];
  readonly roles: readonly string[];
  /** In the order of the table: name, index of its outcome, of its group, and of its roles. */
  readonly hosts: readonly (readonly [name: string, outcome: number, group: number, roles: readonly number[]])[];
  readonly groups: readonly GroupData[];
}

/** By label what each host of a group has in a hole, in the order of its hosts. */
type HoleValues = Readonly<Record<string, readonly string[]>>;

interface GroupData {
  readonly hosts: readonly string[];
  readonly holes: HoleValues;
  /** By the number of a step that another group tells with the same diff: where that is, and what this group's hosts have in its holes. */
  readonly same: Readonly<Record<number, { readonly id: string; readonly holes: HoleValues }>>;
}

/** The data of a report's page. */
export function pageData({ hosts }: Report, views: readonly GroupView[]): PageData {
  const outcomes = new Indices();
  const roles = new Indices();
  const groups = new Map(views.flatMap(({ group, index }) => group.hosts.map((name) => [name, index] as const)));
  return {
    hosts: inTableOrder(hosts).map(({ name, outcome, steps }) => [
      name,
      outcomes.of(outcome),
      groups.get(name) ?? -1,
      [...new Set(steps.map(({ role }) => roles.of(role)))],
    ]),
    outcomes: outcomes.all,
    roles: roles.all,
    groups: views.map(({ group, fold }) => ({ hosts: group.hosts, holes: byLabel(group.holes), same: sameOf(group, fold) })),
  };
}

function byLabel(holes: readonly Hole[]): HoleValues {
  return Object.fromEntries(holes.map(({ label, values }) => [label, values]));
}

function sameOf({ steps }: HostGroup, fold: Fold): GroupData['same'] {
  const told = steps.flatMap(({ id, sameAs, there }, number) => {
    if (sameAs === null) return [];
    return [[number, { id: stepId(sameAs, numberIn(fold.groups[sameAs], id)), holes: byLabel(there) }] as const];
  });
  return Object.fromEntries(told);
}

/** Numbers for names, in the order in which they come. */
class Indices {
  readonly #indices = new Map<string, number>();

  of(name: string): number {
    const index = this.#indices.get(name) ?? this.#indices.size;
    this.#indices.set(name, index);
    return index;
  }

  get all(): readonly string[] {
    return [...this.#indices.keys()];
  }
}
