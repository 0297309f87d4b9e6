import { isSecretName } from '../errors/secret-names.ts';
import { isMapping, type Vars, type VarValue } from '../model/host.ts';
import { FetchedSecret, Secret, type SecretSource } from '../model/secret.ts';

/** What stands in place of a secret value. */
export const REDACTED = '[secret]';

/** The vars for display: values marked `!secret`, and of names that end in `_password`, `_pass`, `_secret`, `_token` and the like, become `[secret]`, at any depth. */
export function redactVars(vars: Vars): Vars {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, isSecretName(name) ? REDACTED : redactValue(value)]));
}

function redactValue(value: VarValue): VarValue {
  if (value instanceof Secret) return REDACTED;
  if (Array.isArray(value)) return value.map(redactValue);
  return isMapping(value) ? redactVars(value) : value;
}

/** The vars with all secrets as they are; of those that come from elsewhere where that is: nothing is fetched to be shown. */
export function revealVars(vars: Vars): Vars {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, revealValue(value)]));
}

function revealValue(value: VarValue): VarValue {
  if (value instanceof FetchedSecret) return { __drover_secret: sourceWords(value.source) };
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealValue);
  return isMapping(value) ? revealVars(value) : value;
}

function sourceWords(source: SecretSource): Vars {
  return Object.fromEntries(Object.entries(source).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
