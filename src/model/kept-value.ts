import { isMapping, type VarValue } from './host.ts';

const VAULT = '__ansible_vault';
const UNSAFE = '__ansible_unsafe';

/** A value that ansible-vault encrypted, in the form in which `ansible-inventory --list` shows it; it is kept, and refused where something uses it. */
export function vaulted(text: string): VarValue {
  return { [VAULT]: text };
}

/** True for a value that ansible-vault encrypted. */
export function isVaulted(value: VarValue): boolean {
  return hasOnly(value, VAULT);
}

/** Text marked `!unsafe`, in the form in which `ansible-inventory --list` shows it: `{{ }}` in it is text. */
export function unsafeText(text: string): VarValue {
  return { [UNSAFE]: text };
}

/** The text of a value marked `!unsafe`, or null for other values. */
export function readUnsafe(value: VarValue): string | null {
  const text = hasOnly(value, UNSAFE) && isMapping(value) ? value[UNSAFE] : null;
  return typeof text === 'string' ? text : null;
}

function hasOnly(value: VarValue, key: string): boolean {
  return isMapping(value) && typeof value[key] === 'string' && Object.keys(value).length === 1;
}
