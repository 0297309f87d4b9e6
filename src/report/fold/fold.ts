import type { HostError, HostOutcome } from '../../model/run.ts';
import type { Report, ReportHost, ReportStep } from '../report.ts';
import type { StepCounts, StepState } from '../step-state.ts';

/** A piece of a folded text: as it is, or a hole: the index of the value that each host has there. */
export type Piece = string | { readonly hole: number };

/** A text of several hosts: what they have in common, and holes where each has its own value. */
export type FoldedText = readonly Piece[];

/** What was folded, without its texts and figures, and the texts in the order in which they occur. */
export interface Template<T> {
  readonly frame: T;
  readonly texts: readonly FoldedText[];
  /** Number of values that each host has in it. */
  readonly holes: number;
}

/** A template with what one host has in it. */
export interface Filling {
  /** Index of the template in the fold. */
  readonly template: number;
  /** By hole. */
  readonly values: readonly string[];
  /** What is never compared, in the order in which it occurs: durations and sizes, and digests. */
  readonly figures: readonly number[];
  readonly digests: readonly string[];
}

/** One host of a fold: everything that no template holds. */
export interface FoldedHost {
  /** The host without error and steps. */
  readonly frame: ReportHost;
  readonly error: Filling | null;
  readonly steps: readonly Filling[];
  /** By step: what groups of hosts with the same changes tell of it; null where that is not all there is. */
  readonly outlines: readonly (Filling | null)[];
  /** Steps by where they stand, all of them. */
  readonly counts: StepCounts;
}

/** A place at which the hosts of a group differ, and what each of them has there. */
export interface Hole {
  /** What stands between `‹` and `›` in the group's texts: `host` (its name), `short` (its name up to the first dot), or a number. */
  readonly label: string;
  /** In the order of the group's hosts. */
  readonly values: readonly string[];
}

/** Least and most. */
export type Range = readonly [least: number, most: number];

/** A step of a group of hosts. */
export interface GroupStep {
  /** Steps of different groups with the same number are the same but for values of the hosts. */
  readonly id: number;
  /** The step with holes as `‹label›` in its texts; durations, sizes and digests are those of the first host. */
  readonly step: ReportStep;
  /** Shortest and longest duration of the step, and of its failed action, in milliseconds; null where there are none. */
  readonly durations: { readonly step: Range | null; readonly failure: Range | null };
  /** Index of the group that tells this step already, with the same diff up to its holes; null where this group is the one to tell it. */
  readonly sameAs: number | null;
  /** With `sameAs`: what the hosts of this group have in that group's holes, names of hosts left out. */
  readonly there: readonly Hole[];
}

/** Hosts with the same change: the same outcome, error and steps, but for their holes. */
export interface HostGroup {
  /** In the report's order. */
  readonly hosts: readonly string[];
  readonly outcome: HostOutcome;
  /** With holes as `‹label›` in its texts. */
  readonly error: HostError | null;
  /** Without steps that are ok and handlers that nothing notified; without the changes of what is done around the roles. */
  readonly steps: readonly GroupStep[];
  /** Holes of its texts, host names first. */
  readonly holes: readonly Hole[];
  /** Steps of one host by where they stand, all of them: fewest and most. */
  readonly counts: Readonly<Record<StepState, Range>>;
}

/** A report in which what is the same on many hosts stands once. `unfold` gives the report back as it was. */
export interface Fold {
  /** The report without hosts. */
  readonly frame: Report;
  /** Distinct steps. */
  readonly steps: readonly Template<ReportStep>[];
  /** Distinct changing steps around the roles, without their changes. */
  readonly outlines: readonly Template<ReportStep>[];
  /** Distinct errors. */
  readonly errors: readonly Template<HostError>[];
  /** In the report's order. */
  readonly hosts: readonly FoldedHost[];
  /** Hosts with the same change: failures first, then smaller groups before larger ones, hosts that are ok last. Each host is in one group. */
  readonly groups: readonly HostGroup[];
}
