/** Exit codes of the command; the first that fits counts, in the order of `exitCode`. docs/errors.md lists them. */
export const EXIT = {
  /** Nothing failed. */
  ok: 0,
  /** A defect in drover itself. */
  defect: 1,
  /** A host failed. */
  failed: 2,
  /** `check` found pending changes. */
  pending: 3,
  /** A host was unreachable and none failed. */
  unreachable: 4,
  /** Wrong input; nothing was contacted. */
  input: 5,
  /** Interrupted by Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
  /** Ended by SIGTERM: 128 + SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a run came to; absent fields mean that it did not happen. */
export interface RunSummary {
  readonly interrupted?: 'SIGINT' | 'SIGTERM' | null;
  readonly defect?: boolean;
  readonly wrongInput?: boolean;
  /** Number of hosts that failed. */
  readonly failed?: number;
  /** Number of hosts that were unreachable. */
  readonly unreachable?: number;
  /** True where `check` found changes that are not carried out. */
  readonly pending?: boolean;
}

/** Picks the exit code of a run: interrupted, defect, wrong input, failed, unreachable, pending, ok: the first that fits. */
export function exitCode(summary: RunSummary): ExitCode {
  if (summary.interrupted === 'SIGINT') return EXIT.interrupted;
  if (summary.interrupted === 'SIGTERM') return EXIT.terminated;
  if (summary.defect === true) return EXIT.defect;
  if (summary.wrongInput === true) return EXIT.input;
  if ((summary.failed ?? 0) > 0) return EXIT.failed;
  if ((summary.unreachable ?? 0) > 0) return EXIT.unreachable;
  return summary.pending === true ? EXIT.pending : EXIT.ok;
}
