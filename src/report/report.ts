import type { StepTotals } from '../model/history.ts';
import type { Part, RolloutRecord } from '../model/rollout.ts';
import type {
  ActionFailure,
  Drift,
  HostError,
  HostOutcome,
  RunHeader,
  Span,
  StepOutcome,
  StepProgress,
  VisitedHost,
} from '../model/run.ts';
import type { ConnectionStats } from '../model/transport.ts';

/** Id of the report's format; a change that breaks readers gets another number. */
export const REPORT_SCHEMA_ID = 'drover.report/1';

/** A content in the report: its size in bytes and its SHA-256, without the bytes. */
interface ReportContent {
  readonly size: number;
  /** null where the content holds a secret: neither it nor what a guess could be compared with is kept. */
  readonly sha256: string | null;
}

/** A field's value in the report. */
export type ReportValue = string | number | boolean | null | readonly string[] | ReportContent;

/** A change of one field. `diff` and `diffNote` are null for fields that are no contents. */
export interface ReportChange {
  readonly field: string;
  readonly before: ReportValue;
  readonly after: ReportValue;
  /** Hunks of a unified diff with three lines of context; null where lines cannot be compared. */
  readonly diff: string | null;
  /** What the diff leaves out, or why there is none. */
  readonly diffNote: string | null;
}

/** A step in the report. */
export interface ReportStep {
  readonly id: string;
  readonly play: string;
  readonly part: Part;
  readonly on: string | null;
  readonly role: string;
  readonly kind: string;
  readonly subject: string;
  readonly handler: boolean;
  readonly notifiedBy: readonly string[];
  readonly outcome: StepOutcome;
  readonly progress: StepProgress;
  readonly certainty: 'exact' | 'after-apply';
  readonly reason: string | null;
  readonly durationMs: number | null;
  readonly changes: readonly ReportChange[];
  readonly failure: ActionFailure | null;
  readonly irreversible: string | null;
  readonly wanted?: string;
  readonly drift?: Drift;
}

/** A host in the report. */
export interface ReportHost {
  readonly name: string;
  readonly outcome: HostOutcome;
  readonly error: HostError | null;
  readonly connection: ConnectionStats | null;
  readonly startedMs?: number;
  readonly durationMs: number;
  readonly work?: Span;
  readonly steps: readonly ReportStep[];
}

/** The run as a whole in the report. */
interface ReportRun extends RunHeader {
  readonly finishedAt: string;
  readonly durationMs: number;
  readonly interrupted: 'SIGINT' | 'SIGTERM' | null;
  readonly exitCode: number;
}

/** Sums over all hosts; each step counts once. */
export interface ReportTotals {
  readonly hosts: Readonly<Record<HostOutcome, number>>;
  readonly steps: StepTotals;
  readonly roundTrips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** The change report: what `report.json` holds and `--json` prints. docs/report.md says what every field means. */
export interface Report {
  readonly schema: typeof REPORT_SCHEMA_ID;
  readonly run: ReportRun;
  readonly rollouts: readonly RolloutRecord[];
  readonly visited: readonly VisitedHost[];
  readonly hosts: readonly ReportHost[];
  readonly totals: ReportTotals;
}
