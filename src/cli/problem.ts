import { diagnose } from '../errors/diagnose.ts';
import { EXIT } from '../errors/exit-code.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

/** Ends a command with exit code 5: mistakes of the user, found before any host was contacted. */
export class InputProblems extends Error {
  override readonly name = 'InputProblems';
  readonly code = 'DROVER_INPUT';
  readonly problems: readonly Diagnostic[];

  constructor(problems: readonly Diagnostic[]) {
    super(problems.map(({ message }) => message).join('; '));
    this.problems = problems;
  }
}

/** A mistake on the command line, ready to be thrown. */
export function argumentProblem(message: string, hint: string | null = null): InputProblems {
  return new InputProblems([diagnose('argument', message, { hint })]);
}

/** Ends a command that the user left at a question, with the exit code of an interrupt. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  readonly code = 'DROVER_CANCELLED';
  readonly exitCode: number = EXIT.interrupted;
}
