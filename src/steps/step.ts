import type { FieldValue } from '../model/content.ts';
import type { Step, StepOptions } from '../model/step.ts';

/** The parts of a step that its constructor decides; the options common to all steps are filled in here. */
export function makeStep(step: Omit<Step, 'notify'>, options: StepOptions): Step {
  const { notify } = options;
  return { ...step, notify: typeof notify === 'string' ? [notify] : (notify ?? []) };
}

/** A wrong argument of a step constructor: thrown while a role's steps are made, before any host is changed. */
export class StepArgumentError extends Error {
  override readonly name = 'StepArgumentError';
}

/** Throws unless the path is absolute, normalised and without NUL. */
export function checkPath(kind: string, path: unknown): string {
  const wrong = (why: string): never => {
    throw new StepArgumentError(`${kind}: path ${JSON.stringify(path)} ${why}`);
  };
  if (typeof path !== 'string') return wrong('must be a string');
  if (!path.startsWith('/') || path.startsWith('//')) return wrong('must be absolute');
  if (path.includes('\0')) return wrong('contains a NUL byte');
  if (path !== '/' && path.endsWith('/')) return wrong('must not end in /');
  if (path.split('/').some((part) => part === '.' || part === '..')) return wrong('must not contain . or ..');
  if (path !== '/' && path.split('/').slice(1).includes('')) return wrong('must not contain //');
  return path;
}

/** Throws unless the mode is octal digits such as `0644` or `644`; returns it with four digits. */
export function checkMode(kind: string, mode: string | undefined): string | undefined {
  if (mode === undefined) return undefined;
  if (typeof mode !== 'string' || !/^[0-7]{3,4}$/.test(mode)) {
    throw new StepArgumentError(`${kind}: mode ${JSON.stringify(mode)} must be a string of three or four octal digits, such as '0644'`);
  }
  return mode.padStart(4, '0');
}

/** Throws unless a validate command names the new file. */
export function checkValidate(kind: string, validate: readonly string[] | undefined): readonly string[] | undefined {
  if (validate === undefined) return undefined;
  if (!Array.isArray(validate) || !validate.some((word) => typeof word === 'string' && word.includes('%s'))) {
    throw new StepArgumentError(`${kind}: validate must be a list of words with %s in one of them, which stands for the new file`);
  }
  return validate;
}

/** The desired fields that are given, for `wants`. */
export function wanted(fields: Readonly<Record<string, FieldValue | undefined>>): { field: string; after: FieldValue }[] {
  return Object.entries(fields).flatMap(([field, after]) => (after === undefined ? [] : [{ field, after }]));
}
