import type { KernelAction } from '../model/kernel-action.ts';
import { moduleName } from '../shell/kernel.ts';
import { StepArgumentError } from './step.ts';

/** Throws unless it is the name of a kernel module; returns it with underscores, as the kernel does. */
export function checkModule(kind: string, name: unknown): string {
  if (typeof name === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_-]{0,55}$/.test(name)) return moduleName(name);
  throw new StepArgumentError(`${kind}: ${JSON.stringify(name)} is no name of a kernel module, such as ipmi_si`);
}

/** Throws unless it can be a parameter's value on the kernel's command line; returns its text. */
export function checkBootValue(kind: string, name: string, value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : null;
  if (text !== null && /^[A-Za-z0-9_.,:=/@%+-]*$/.test(text)) return text;
  throw new StepArgumentError(
    `${kind}: value ${JSON.stringify(value)} of ${name} must be made of letters, digits and _.,:=/@%+- (boot loaders differ in how they read others)`,
  );
}

/** A parameter as a word of the command line. */
export function bootWord(name: string, value: string): string {
  return value === '' ? name : `${name}=${value}`;
}

/** What changes boot entries, for parameters with their values; null: not there. */
export function grubbyAction(wanted: Readonly<Record<string, string | null>>, present: readonly string[]): KernelAction {
  return {
    kind: 'setKernelArguments',
    remove: present,
    add: Object.entries(wanted).flatMap(([name, value]) => (value === null ? [] : [bootWord(name, value)])),
  };
}
