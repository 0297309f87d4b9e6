import { dirname } from 'node:path';
import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import { isSecretName } from '../errors/secret-names.ts';
import { sourceOf } from '../errors/yaml-secrets.ts';
import type { Diagnostic, DiagnosticCode } from '../model/diagnostic.ts';
import {
  BECOME_METHODS,
  type BecomeMethod,
  type Deadlines,
  HOST_KEY_POLICIES,
  type HostKeyPolicy,
  isMapping,
  TRANSPORTS,
  type TransportName,
  type VarValue,
} from '../model/host.ts';
import { FetchedSecret, Secret, type SecretKeeper, type SecretSpot } from '../model/secret.ts';
import { DEADLINE_KEYS } from './connection-vars.ts';
import type { VarDefinition } from './inventory.ts';

/** A var as a setting is read from it. */
export interface Setting extends VarDefinition {
  /** What messages show in place of the value; the template of a value that was resolved. */
  readonly shownAs?: string;
}

/** Why a value is refused; becomes diagnostics at the var's definition. */
export class Wrong {
  readonly reasons: readonly { readonly code: DiagnosticCode; readonly text: string; readonly hint: string | null }[];

  constructor(reasons: Wrong['reasons']) {
    this.reasons = reasons;
  }

  problems({ name, place, source }: Setting): readonly Diagnostic[] {
    return this.reasons.map(({ code, text, hint }) => diagnose(code, `${name} ${text}`, { place, source, hint }));
  }
}

/** A refusal with one reason, told as the rest of a sentence that starts with the var's name. */
export function wrong(text: string, hint: string | null = null): Wrong {
  return new Wrong([{ code: 'connection-setting', text, hint }]);
}

const TRANSPORT_NAMES: ReadonlyMap<string, TransportName> = new Map<string, TransportName>([
  ...TRANSPORTS.map((name) => [name, name] as const),
  ['smart', 'ssh'],
  ['paramiko', 'ssh'],
  ['paramiko_ssh', 'ssh'],
]);

/** `ssh`, `openssh`, `local`, or Ansible's `smart` and `paramiko`, which are `ssh`; with Ansible's prefix or without. */
export function parseTransport(definition: Setting): TransportName | Wrong {
  const { value } = definition;
  const known = typeof value === 'string' ? TRANSPORT_NAMES.get(value.replace(/^ansible\.(?:builtin|legacy)\./, '')) : undefined;
  return known ?? wrong(`must be ssh, openssh or local, found ${shown(definition)}`);
}

/** `sudo`, `doas` or `su`; with Ansible's prefix or without. */
export function parseBecomeMethod(definition: Setting): BecomeMethod | Wrong {
  const { value } = definition;
  const bare = typeof value === 'string' ? value.replace(/^(?:ansible\.builtin|ansible\.legacy|community\.general)\./, '') : null;
  return BECOME_METHODS.find((method) => method === bare) ?? wrong(`must be sudo, doas or su, found ${shown(definition)}`);
}

const TRUE_WORDS = ['true', 'yes', 'on', 'y', 't', '1', '1.0'];
const FALSE_WORDS = ['false', 'no', 'off', 'n', 'f', '0', '0.0'];

/** A boolean, or a word or number that Ansible takes for one. */
export function parseFlag(definition: Setting): boolean | Wrong {
  const word = String(definition.value).toLowerCase();
  if (TRUE_WORDS.includes(word)) return true;
  return FALSE_WORDS.includes(word) ? false : wrong(`must be true or false, found ${shown(definition)}`);
}

/** Text that is not empty. */
export function parseText(definition: Setting): string | Wrong {
  const { value } = definition;
  if (value === '') return wrong('is empty', EMPTY_HINT);
  return typeof value === 'string' ? value : wrong(`must be text, found ${shown(definition)}`);
}

const EMPTY_HINT = 'leave the var out';

/** One path or a list of paths. */
export function parseTexts(definition: Setting): readonly string[] | Wrong {
  const { value } = definition;
  if (value === '') return wrong('is empty', EMPTY_HINT);
  const list = Array.isArray(value) ? value : [value];
  const isText = list.every((item) => typeof item === 'string' && item !== '');
  return isText && list.length > 0 ? list : wrong(`must be a path or a list of paths, found ${shown(definition)}`);
}

/** A TCP port, as a number or as digits in quotes. */
export function parsePort(definition: Setting): number | Wrong {
  const { value } = definition;
  if (value === '') return wrong('is empty', EMPTY_HINT);
  const port = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;
  const isPort = typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
  return isPort ? port : wrong(`must be a port from 1 to 65535, found ${shown(definition)}`);
}

/** What happens with unknown host keys; Ansible's vars say whether keys are checked at all, and drover accepts unknown ones where they are not. */
export function parsePolicy(definition: Setting): HostKeyPolicy | Wrong {
  const { name, value } = definition;
  if (name.startsWith('ansible_')) {
    const isChecked = parseFlag(definition);
    return isChecked instanceof Wrong ? isChecked : isChecked ? 'ask' : 'accept-new';
  }
  const known = HOST_KEY_POLICIES.find((policy) => policy === value);
  const hint = typeof value === 'string' ? didYouMean(value, HOST_KEY_POLICIES) : null;
  return known ?? wrong(`must be strict, ask or accept-new, found ${shown(definition)}`, hint);
}

/** A password, wrapped so that no sink shows it, or where to fetch it from, which only `!secret` can say in full: `{ env: NAME }`. */
export function parsePassword(definition: Setting, secrets: SecretKeeper): Secret | Wrong {
  const { name, value, place, source } = definition;
  const spot: SecretSpot = { what: name, place, line: source };
  if (value instanceof FetchedSecret) return value.asPassword({ ...value.spot, what: name });
  if (value instanceof Secret) return value;
  if (value === '') return wrong('is empty', EMPTY_HINT);
  if (typeof value === 'string') return new Secret(value);
  if (isMapping(value)) {
    const from = sourceOf(Object.entries(value));
    if ('message' in from) return wrong(`cannot be fetched: ${from.message}`, from.hint ?? null);
    return secrets.from(from, dirname(place.file), spot).asPassword(spot);
  }
  const hint = typeof value === 'number' ? 'put it in quotes, in lines of INI hosts in two kinds: "\'…\'"' : null;
  return wrong(`must be text, found ${shown(definition)}`, hint);
}

/** Seconds by the keys of `drover_deadlines`; keys that are absent keep their defaults. */
export function parseDeadlines(definition: VarDefinition, defaults: Deadlines): Deadlines | Wrong {
  const { value } = definition;
  if (!isMapping(value)) {
    return wrong(`must be a mapping such as { connect: 10, read: 60 }, found ${shown(definition)}`);
  }
  const keys = new Map<string, keyof Deadlines>(Object.entries(DEADLINE_KEYS));
  const entries = Object.entries(value);
  const reasons = entries.flatMap(([key, seconds]): Wrong['reasons'] => {
    if (!keys.has(key))
      return [
        {
          code: 'key-unknown',
          text: `has no key "${key}"`,
          hint: didYouMean(key, keys.keys()) ?? `keys are ${[...keys.keys()].join(', ')}`,
        },
      ];
    if (typeof seconds === 'number' && seconds > 0 && seconds <= 86_400) return [];
    return [
      {
        code: 'connection-setting',
        text: `needs seconds above 0 and at most 86400 for "${key}", found ${JSON.stringify(seconds)}`,
        hint: null,
      },
    ];
  });
  if (reasons.length > 0) return new Wrong(reasons);
  return Object.fromEntries([
    ...Object.entries(defaults),
    ...entries.map(([key, seconds]) => [keys.get(key) ?? key, Number(seconds) * 1000]),
  ]);
}

function hiddenKind(value: VarValue): string {
  return Array.isArray(value) ? 'a list' : `a ${value === null ? 'missing value' : typeof value}`;
}

/** The value for a message; never that of a secret name. */
export function shown({ name, value, shownAs }: Setting): string {
  if (shownAs !== undefined) return shownAs;
  if (value instanceof Secret) return 'a secret, which only passwords can be';
  if (isSecretName(name)) return hiddenKind(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a mapping';
  return value === null ? 'nothing' : JSON.stringify(value);
}
