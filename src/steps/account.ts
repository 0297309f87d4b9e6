import { StepArgumentError } from './step.ts';

/** Throws unless it is a name that useradd(8) and groupadd(8) take. */
export function checkAccountName(kind: string, name: unknown): string {
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$/.test(name)) {
    throw new StepArgumentError(
      `${kind}: ${JSON.stringify(name)} is not a name: at most 32 letters, digits, _, . and -, the first a letter or _`,
    );
  }
  return name;
}

/** Throws unless it is absent or the number of a user or group; 4294967295 means "no change" to chown(2). */
export function checkNumber(kind: string, number: number | undefined): void {
  if (number === undefined || (Number.isInteger(number) && number >= 0 && number < 0xffff_ffff)) return;
  throw new StepArgumentError(`${kind}: ${JSON.stringify(number)} must be a whole number from 0 to 4294967294`);
}

/** Throws unless the text fits into a field of passwd(5). */
export function checkField(kind: string, { field, text }: { field: string; text: string | undefined }): void {
  if (text === undefined || (typeof text === 'string' && !/[:\n\0]/.test(text))) return;
  throw new StepArgumentError(`${kind}: ${field} ${JSON.stringify(text)} must be text without a colon or a newline`);
}

/** Throws unless state is absent, `present` or `absent`. */
export function checkPresence(kind: string, state: unknown): void {
  if (state === undefined || state === 'present' || state === 'absent') return;
  throw new StepArgumentError(`${kind}: state ${JSON.stringify(state)} must be 'present' or 'absent'`);
}
