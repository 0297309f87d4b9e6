import type { HostError } from '../../model/run.ts';
import type { Fold, GroupStep, HostGroup } from '../fold/fold.ts';
import { unfoldHost } from '../fold/unfold.ts';
import type { ReportStep } from '../report.ts';
import { stepState } from '../step-state.ts';
import type { FirstValues } from './holes.ts';

/** A group with what stands on its first host, without which marks and texts that look like marks cannot be told apart. */
export interface GroupView {
  readonly group: HostGroup;
  /** Index in the fold's groups. */
  readonly index: number;
  readonly fold: Fold;
  readonly planned: boolean;
  readonly values: FirstValues;
  readonly error: HostError | null;
  readonly steps: readonly StepView[];
}

/** A step of a group, and the same step as it is on the group's first host. */
export interface StepView {
  readonly folded: GroupStep;
  readonly own: ReportStep;
}

/** The groups of a fold, each with its first host. */
export function groupViews(fold: Fold, planned: boolean): readonly GroupView[] {
  const hosts = new Map(fold.hosts.map((host) => [host.frame.name, host]));
  return fold.groups.map((group, index) => {
    const first = hosts.get(group.hosts[0] ?? '');
    const { error, steps } = first === undefined ? { error: null, steps: [] } : unfoldHost(first, fold);
    const values = new Map(group.holes.map(({ label, values: [value = ''] }) => [label, value]));
    // A group leaves out what went well, and keeps the order.
    const told = steps.filter((step) => !['ok', 'idle'].includes(stepState(step)));
    const views = group.steps.map((folded, at): StepView => ({ folded, own: told[at] ?? folded.step }));
    return { group, index, fold, planned, values, error, steps: views };
  });
}
