import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Checked, Diagnostic, Place } from '../model/diagnostic.ts';
import type { ConnectionSettings } from '../model/host.ts';
import type { ConnectionDefaults } from './connection-defaults.ts';
import { CONNECTION_VARS, type ConnectionVar, DROVER_VARS, UNSUPPORTED_VARS } from './connection-vars.ts';
import type { VarDefinition, VarDefinitions } from './inventory.ts';
import {
  parseDeadlines,
  parsePassword,
  parsePolicy,
  parsePort,
  parseText,
  parseTexts,
  parseTransport,
  shown,
  Wrong,
  wrong,
} from './parse-setting.ts';

/** Where settings come from that no var gives. */
export interface ConnectionOptions {
  readonly defaults: ConnectionDefaults;
  /** Home directory that `~` stands for. */
  readonly home: string;
}

/** Reads how a host is reached from its merged vars; a wrong value is reported at its definition and the default used. */
export function readConnection(host: string, vars: VarDefinitions, options: ConnectionOptions): Checked<ConnectionSettings> {
  const { defaults, home } = options;
  const problems: Diagnostic[] = [...vars.values()].flatMap(misplaced);
  const read = <T>(setting: ConnectionVar, parse: (definition: VarDefinition) => T | Wrong, fallback: T): T => {
    const name = CONNECTION_VARS[setting].find((candidate) => vars.has(candidate));
    const definition = name === undefined ? undefined : vars.get(name);
    if (definition === undefined) return fallback;
    const parsed = hasTemplate(definition) ? wrong('must be written out; {{ }} works in parameters only') : parse(definition);
    if (!(parsed instanceof Wrong)) return parsed;
    problems.push(...parsed.problems(definition));
    return fallback;
  };
  const expand = (path: string): string => (path === '~' || path.startsWith('~/') ? `${home}${path.slice(1)}` : path);
  const value: ConnectionSettings = {
    ...defaults,
    transport: read('transport', parseTransport, defaults.transport),
    address: read('address', parseText, host),
    port: read('port', parsePort, defaults.port),
    user: read('user', parseText, defaults.user),
    keyFiles: read('keyFile', parseTexts, null)?.map(expand) ?? defaults.keyFiles,
    knownHostsFiles: read('knownHostsFile', parseTexts, null)?.map(expand) ?? defaults.knownHostsFiles,
    hostKeyPolicy: read('hostKeyPolicy', parsePolicy, defaults.hostKeyPolicy),
    becomePassword: read('becomePassword', parsePassword, defaults.becomePassword),
    deadlines: read('deadlines', (definition) => parseDeadlines(definition, defaults.deadlines), defaults.deadlines),
  };
  return { value, problems };
}

/** Reports vars that drover would otherwise ignore although they are meant for it. */
function misplaced(definition: VarDefinition): readonly Diagnostic[] {
  const { name, value, source } = definition;
  const place = keyPlace(definition);
  const hint = UNSUPPORTED_VARS.get(name);
  if (hint !== undefined) return [diagnose('unsupported', `${name} is not supported yet`, { place, source, hint })];
  if (name === 'ansible_become_method' && value !== 'sudo') {
    return [diagnose('unsupported', `${name} must be sudo, found ${shown(definition)}`, { place, source })];
  }
  if (!name.startsWith('drover_') || DROVER_VARS.includes(name)) return [];
  const known = didYouMean(name, DROVER_VARS) ?? `drover's own vars are ${DROVER_VARS.join(', ')}`;
  return [diagnose('key-unknown', `drover has no var "${name}"`, { place, source, hint: known })];
}

function hasTemplate({ value }: VarDefinition): boolean {
  return typeof value === 'string' && value.includes('{{');
}

/** The place of the var's name, where it stands in the line of its value. */
function keyPlace({ name, place, source }: VarDefinition): Place {
  const start = source?.lastIndexOf(name, place.column - 1) ?? -1;
  return start === -1 ? place : { ...place, column: start + 1, length: name.length };
}
