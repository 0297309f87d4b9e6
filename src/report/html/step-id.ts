import type { HostGroup } from '../fold/fold.ts';

/** The id of a group's step in the page. */
export function stepId(group: number, step: number): string {
  return `g${group}s${step}`;
}

/** Which step of a group has an id of the fold. */
export function numberIn(group: HostGroup | undefined, id: number): number {
  return group?.steps.findIndex((step) => step.id === id) ?? -1;
}
