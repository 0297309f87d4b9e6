import type { FactView, GuardFact } from '../model/fact.ts';
import { ANY } from '../model/fact.ts';
import type { Step, StepPlan } from '../model/step.ts';
import { type Command, checkCommand, lineOf } from './command-words.ts';
import { makeStep, StepArgumentError } from './step.ts';

/** A check of what the steps before it have brought about. */
export interface VerifyOptions {
  /** Read-only command that must succeed: words as they are, or a line for `sh -c`. */
  readonly command: Command;
  /** Short name for reports, unique in the role. Default: the command. */
  readonly name?: string | undefined;
  /** Read-only command: where it fails the check is left out, for the given reason. Default: it is always made. */
  readonly onlyIf?: Command | undefined;
  /** Why the check is left out where `onlyIf` fails. */
  readonly reason?: string | undefined;
}

/**
 * A check that must hold once the steps before it are carried out; it changes nothing itself. Where it does not hold yet the plan says so,
 * and apply fails unless it holds then. Among a role's `proofs` it comes after the handlers. Throws StepArgumentError for wrong arguments.
 */
export function verify(options: VerifyOptions): Step {
  checkCommand('verify: command', options.command);
  if (options.onlyIf !== undefined) checkCommand('verify: onlyIf', options.onlyIf);
  if (options.onlyIf !== undefined && options.reason === undefined) {
    throw new StepArgumentError('verify: say in reason why the check is left out where onlyIf fails');
  }
  const check = lineOf(options.command);
  const onlyIf = options.onlyIf === undefined ? undefined : lineOf(options.onlyIf);
  return makeStep(
    {
      kind: 'verify',
      subject: options.name ?? check,
      reads: [check, ...(onlyIf === undefined ? [] : [onlyIf])].map((key) => ({ kind: 'guard', key })),
      fresh: true,
      wants: [{ field: 'check', after: 'holds' }],
      plan: (facts) => planVerify({ check, onlyIf, reason: options.reason ?? '' }, facts),
    },
    {},
  );
}

interface Desired {
  readonly check: string;
  readonly onlyIf: string | undefined;
  readonly reason: string;
}

function planVerify({ check, onlyIf, reason }: Desired, facts: FactView): StepPlan {
  if (onlyIf !== undefined && facts.get('guard', onlyIf).exitCode !== 0) return { result: 'skipped', reason };
  const now = facts.get('guard', check);
  if (now.exitCode === 0) return { result: 'ok' };
  return {
    result: 'change',
    changes: [{ field: 'check', before: saidBy(now), after: 'holds' }],
    predicted: [{ kind: 'guard', key: check, value: { exitCode: 0, output: ANY } }],
    actions: [],
    irreversible: 'a check',
  };
}

function saidBy({ exitCode, output }: GuardFact): string {
  const last = output.trim().split('\n').at(-1) ?? '';
  return last === '' ? `exit status ${exitCode}` : `exit status ${exitCode}: ${last}`;
}
