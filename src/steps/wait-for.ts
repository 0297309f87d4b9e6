import { ANY, type FactView } from '../model/fact.ts';
import type { Step, StepPlan } from '../model/step.ts';
import { nap } from '../shell/wait.ts';
import { refuse } from './regular-file.ts';
import { makeStep, StepArgumentError } from './step.ts';
import { NO_MEANS, type WaitCheck, type WaitCondition, waitCheck } from './wait-check.ts';

/** What is waited for: exactly one of `port`, `http`, `command`, `unit` and `file`; and for how long. */
export interface WaitForOptions extends WaitCondition {
  /** Time between two checks, in milliseconds, 100 or more. Default 1 000. Whole seconds where the host's sleep(1) knows no others. */
  readonly intervalMs?: number | undefined;
  /** Longest wait, in milliseconds. Default 60 000. */
  readonly deadlineMs?: number | undefined;
  /**
   * How many times in a row it must hold. Default 1. Up to 5 s of such checks are made while reading, also in plans; where they take longer
   * (`(times - 1) * intervalMs`), the step always waits and is a change at every apply: it belongs into handlers and maintenance.
   */
  readonly times?: number | undefined;
  /** Short name for reports, unique in the role. Default: what is waited for. */
  readonly name?: string | undefined;
}

/** Longest series of checks that is made while reading, in milliseconds. */
const LONGEST_READ_MS = 5_000;

/**
 * Waits on the host until something holds; it changes nothing itself. Decided when all earlier changes are carried out. Where it holds there
 * is nothing to do; where it does not the step waits, and fails at its deadline with what was seen last. Also for `proofs`, handlers and
 * gates. Throws StepArgumentError for wrong arguments.
 */
export function waitFor(options: WaitForOptions): Step {
  const check = waitCheck(options);
  const { intervalMs = 1_000, deadlineMs = 60_000, times = 1 } = options;
  checkTimes({ intervalMs, deadlineMs, times });
  const isLong = (times - 1) * intervalMs > LONGEST_READ_MS;
  const desired: Desired = {
    check,
    guard: isLong || times === 1 ? check.line : inARow({ check, intervalMs, times }),
    isLong,
    canLackMeans: options.http !== undefined || options.host !== undefined,
    intervalMs,
    deadlineMs,
    times,
  };
  return makeStep(
    {
      kind: 'waitFor',
      subject: options.name ?? check.what,
      reads: [{ kind: 'guard', key: desired.guard }],
      fresh: true,
      wants: [{ field: 'condition', after: heldBy(times) }],
      plan: (facts) => planWait(desired, facts),
    },
    {},
  );
}

interface Times {
  readonly intervalMs: number;
  readonly deadlineMs: number;
  readonly times: number;
}

interface Desired extends Times {
  readonly check: WaitCheck;
  readonly guard: string;
  /** The guard is one check only, and says nothing of a series. */
  readonly isLong: boolean;
  readonly canLackMeans: boolean;
}

function checkTimes({ intervalMs, deadlineMs, times }: Times): void {
  const wrong = (what: string): never => {
    throw new StepArgumentError(`waitFor: ${what}`);
  };
  if (!(Number.isFinite(intervalMs) && intervalMs >= 100)) wrong(`intervalMs ${JSON.stringify(intervalMs)} must be 100 or more`);
  if (!(Number.isFinite(deadlineMs) && deadlineMs > 0)) wrong(`deadlineMs ${JSON.stringify(deadlineMs)} must be more than 0`);
  if (!(Number.isInteger(times) && times >= 1)) wrong(`times ${JSON.stringify(times)} must be a whole number, 1 or more`);
  if ((times - 1) * intervalMs >= deadlineMs) wrong(`${times} times every ${intervalMs} ms do not fit into a deadlineMs of ${deadlineMs}`);
}

/** The check so many times, up to the first that fails. */
function inARow({ check, intervalMs, times }: { check: WaitCheck; intervalMs: number; times: number }): string {
  const once = `(\n${check.line}\n) || exit`;
  return `n=1\nwhile :; do\n${once}\n[ "$n" -lt ${times} ] || exit 0\nn=$((n + 1)); ${nap(intervalMs)}\ndone`;
}

function planWait(desired: Desired, facts: FactView): StepPlan {
  const { check, guard, isLong, canLackMeans, intervalMs, deadlineMs, times } = desired;
  const { exitCode, output } = facts.get('guard', guard);
  const said = output.trim().split('\n').at(-1) ?? '';
  if (exitCode === 0 && !isLong) return { result: 'ok' };
  if (canLackMeans && exitCode === NO_MEANS) return refuse(said);
  const before = exitCode === 0 ? 'holds' : said === '' ? `exit status ${exitCode}` : said;
  return {
    result: 'change',
    changes: [{ field: 'condition', before, after: heldBy(times) }],
    predicted: [{ kind: 'guard', key: guard, value: { exitCode: 0, output: ANY } }],
    actions: [{ kind: 'waitFor', what: check.what, check: check.line, intervalMs, deadlineMs, times }],
    irreversible: 'a wait',
  };
}

function heldBy(times: number): string {
  return times === 1 ? 'holds' : `holds ${times} times in a row`;
}
