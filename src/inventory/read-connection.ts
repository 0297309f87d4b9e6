import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Checked, Diagnostic, Place } from '../model/diagnostic.ts';
import type { ConnectionSettings, HostBecome, TransportName } from '../model/host.ts';
import { FETCHES_NOTHING, type SecretKeeper } from '../model/secret.ts';
import { mergeSshOptions } from '../model/ssh-keyword.ts';
import type { SshOptions } from '../model/ssh-options.ts';
import { type GivenArguments, readArguments } from './connection-arguments.ts';
import { CONNECTION_DEFAULTS as defaults } from './connection-defaults.ts';
import { ARGUMENTS_BEFORE_SETTINGS, DROVER_VARS, SSH_ARGUMENT_VARS, UNSUPPORTED_VARS } from './connection-vars.ts';
import type { VarDefinition, VarDefinitions } from './inventory.ts';
import {
  parseBecomeMethod,
  parseDeadlines,
  parseFlag,
  parsePassword,
  parsePolicy,
  parsePort,
  parseText,
  parseTexts,
  parseTransport,
  type Setting,
} from './parse-setting.ts';
import { type ResolveText, SettingReader } from './setting-reader.ts';

/** How `{{ }}` in settings is replaced. */
export interface ConnectionOptions {
  /** Replaces `{{ }}` by vars of the host. Default: values with `{{ }}` are refused. */
  readonly resolveText?: ResolveText;
  /** What the operator wants for hosts that are not this machine; null or absent: as their vars say. */
  readonly transport?: Exclude<TransportName, 'local'> | null;
  /** Makes the secrets of passwords that come from elsewhere. Default: nothing fetches them. */
  readonly secrets?: SecretKeeper;
}

/** The host as far as `{{ }}` in its settings may name it. */
export interface ConnectedHost {
  readonly name: string;
  /** Nearest last, without `all`. */
  readonly groups: readonly string[];
}

/** Reads how a host is reached from its merged vars; a wrong value is reported at its definition and the default used. */
export function readConnection(host: ConnectedHost, vars: VarDefinitions, options: ConnectionOptions): Checked<ConnectionSettings> {
  const { secrets = FETCHES_NOTHING } = options;
  const reader = new SettingReader(host, vars, options.resolveText ?? null);
  const own = reader.read('transport', parseTransport) ?? defaults.transport;
  const transport = own === 'local' ? own : (options.transport ?? own);
  const { given, passedOn, configFile } = readGiven(reader, transport);
  const value: ConnectionSettings = {
    ...defaults,
    transport,
    address: reader.read('address', parseText) ?? host.name,
    given,
    sshArguments: passedOn,
    sshConfigFile: configFile,
    password: reader.read('password', (setting) => parsePassword(setting, secrets)),
    becomePassword: reader.read('becomePassword', (setting) => parsePassword(setting, secrets)),
    become: readBecome(reader),
    deadlines: reader.read('deadlines', (definition) => parseDeadlines(definition, defaults.deadlines)) ?? defaults.deadlines,
  };
  return { value, problems: [...[...vars.values()].flatMap(misplaced), ...reader.problems] };
}

/** Options in the order in which Ansible puts them on the command line of ssh: the first counts. */
function readGiven(
  reader: SettingReader,
  transport: TransportName,
): Omit<GivenArguments, 'options' | 'problems'> & { readonly given: SshOptions } {
  const named = (names: readonly string[]): readonly Setting[] => names.flatMap((name) => reader.resolved(name) ?? []);
  const before = readArguments(named(SSH_ARGUMENT_VARS.slice(0, ARGUMENTS_BEFORE_SETTINGS)), transport);
  const after = readArguments(named(SSH_ARGUMENT_VARS.slice(ARGUMENTS_BEFORE_SETTINGS)), transport);
  reader.problems.push(...before.problems, ...after.problems);
  const given = mergeSshOptions(mergeSshOptions(before.options, readOwnOptions(reader)), after.options);
  return { given, passedOn: [...before.passedOn, ...after.passedOn], configFile: before.configFile ?? after.configFile };
}

function readOwnOptions(reader: SettingReader): SshOptions {
  const port = reader.read('port', parsePort);
  const user = reader.read('user', parseText);
  const identityFiles = reader.read('keyFile', parseTexts);
  const policy = reader.read('hostKeyPolicy', parsePolicy);
  const known = reader.read('knownHostsFile', parseTexts);
  const connectTimeoutSec = reader.read('deadlines', readConnectSec);
  return {
    ...(port !== null && { port }),
    ...(user !== null && { user }),
    ...(identityFiles !== null && { identityFiles }),
    ...(policy !== null && { strictHostKeyChecking: policy === 'strict' ? ('yes' as const) : policy }),
    ...(known !== null && { userKnownHostsFiles: known, globalKnownHostsFiles: [] }),
    ...(typeof connectTimeoutSec === 'number' && { connectTimeoutSec }),
  };
}

/** The deadline for connecting where the var gives one; what is wrong with the var is said where all of it is read. */
function readConnectSec({ value }: Setting): number | 'none' {
  const seconds = typeof value === 'object' && value !== null && 'connect' in value ? value.connect : null;
  return typeof seconds === 'number' && seconds > 0 ? seconds : 'none';
}

function readBecome(reader: SettingReader): HostBecome {
  const enabled = reader.read('become', parseFlag);
  const user = reader.read('becomeUser', parseText);
  const method = reader.read('becomeMethod', parseBecomeMethod);
  return { ...(enabled !== null && { enabled }), ...(user !== null && { user }), ...(method !== null && { method }) };
}

/** Reports vars that drover would otherwise ignore although they are meant for it. */
function misplaced(definition: VarDefinition): readonly Diagnostic[] {
  const { name, source } = definition;
  const place = keyPlace(definition);
  const hint = UNSUPPORTED_VARS.get(name);
  if (hint !== undefined) return [diagnose('unsupported', `${name} cannot be followed`, { place, source, hint })];
  if (!name.startsWith('drover_') || DROVER_VARS.includes(name)) return [];
  const known = didYouMean(name, DROVER_VARS) ?? `drover's own vars are ${DROVER_VARS.join(', ')}`;
  return [diagnose('key-unknown', `drover has no var "${name}"`, { place, source, hint: known })];
}

/** The place of the var's name, where it stands in the line of its value. */
function keyPlace({ name, place, source }: VarDefinition): Place {
  const start = source?.lastIndexOf(name, place.column - 1) ?? -1;
  return start === -1 ? place : { ...place, column: start + 1, length: name.length };
}
