import { isSecretName } from '../errors/secret-names.ts';
import { isMapping, type Vars, type VarValue } from '../model/host.ts';

/** What stands in place of a secret value. */
export const REDACTED = '[secret]';

/** The vars for display: values of names that end in `_password`, `_pass`, `_secret`, `_token` and the like become `[secret]`, at any depth. */
export function redactVars(vars: Vars): Vars {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, isSecretName(name) ? REDACTED : redactValue(value)]));
}

function redactValue(value: VarValue): VarValue {
  if (Array.isArray(value)) return value.map(redactValue);
  return isMapping(value) ? redactVars(value) : value;
}
