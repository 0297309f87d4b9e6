import { diagnose } from '../errors/diagnose.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Checked, Diagnostic, Place } from '../model/diagnostic.ts';
import type { ConnectionSettings, HostBecome } from '../model/host.ts';
import { mergeSshOptions } from '../model/ssh-keyword.ts';
import type { SshOptions } from '../model/ssh-options.ts';
import { readArguments } from './connection-arguments.ts';
import type { ConnectionDefaults } from './connection-defaults.ts';
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
import { unsupportedYet } from './unsupported-yet.ts';

/** Where settings come from that no var gives, and how `{{ }}` in them is replaced. */
export interface ConnectionOptions {
  readonly defaults: ConnectionDefaults;
  /** Home directory that `~` stands for. */
  readonly home: string;
  /** Replaces `{{ }}` by vars of the host. Default: values with `{{ }}` are refused. */
  readonly resolveText?: ResolveText;
}

/** The host as far as `{{ }}` in its settings may name it. */
export interface ConnectedHost {
  readonly name: string;
  /** Nearest last, without `all`. */
  readonly groups: readonly string[];
}

/** Reads how a host is reached from its merged vars; a wrong value is reported at its definition and the default used. */
export function readConnection(host: ConnectedHost, vars: VarDefinitions, options: ConnectionOptions): Checked<ConnectionSettings> {
  const reader = new SettingReader(host, vars, options.resolveText ?? null);
  const { given, configFile } = readGiven(reader);
  const settings = settingsOf(host.name, { reader, given, options });
  const value = { ...settings, ...(configFile !== null && { sshConfigFile: expandHome(configFile, options.home) }) };
  const missing = unsupportedYet(value).map(({ what, vars: names }) => refused(reader.definitionOf(names), what));
  return { value, problems: [...[...vars.values()].flatMap(misplaced), ...reader.problems, ...missing] };
}

/** Options in the order in which Ansible puts them on the command line of ssh: the first counts. */
function readGiven(reader: SettingReader): { readonly given: SshOptions; readonly configFile: string | null } {
  const named = (names: readonly string[]): readonly Setting[] => names.flatMap((name) => reader.resolved(name) ?? []);
  const before = readArguments(named(SSH_ARGUMENT_VARS.slice(0, ARGUMENTS_BEFORE_SETTINGS)));
  const after = readArguments(named(SSH_ARGUMENT_VARS.slice(ARGUMENTS_BEFORE_SETTINGS)));
  reader.problems.push(...before.problems, ...after.problems);
  const given = mergeSshOptions(mergeSshOptions(before.options, readOwnOptions(reader)), after.options);
  return { given, configFile: before.configFile ?? after.configFile };
}

function readOwnOptions(reader: SettingReader): SshOptions {
  const port = reader.read('port', parsePort);
  const user = reader.read('user', parseText);
  const identityFiles = reader.read('keyFile', parseTexts);
  const policy = reader.read('hostKeyPolicy', parsePolicy);
  const known = reader.read('knownHostsFile', parseTexts);
  return {
    ...(port !== null && { port }),
    ...(user !== null && { user }),
    ...(identityFiles !== null && { identityFiles }),
    ...(policy !== null && { strictHostKeyChecking: policy === 'strict' ? ('yes' as const) : policy }),
    ...(known !== null && { userKnownHostsFiles: known, globalKnownHostsFiles: [] }),
  };
}

interface Sources {
  readonly reader: SettingReader;
  readonly given: SshOptions;
  readonly options: ConnectionOptions;
}

function settingsOf(name: string, { reader, given, options: { defaults, home } }: Sources): ConnectionSettings {
  const expand = (paths: readonly string[] | undefined): readonly string[] | null => paths?.map((path) => expandHome(path, home)) ?? null;
  const password = reader.read('password', parsePassword);
  const become = readBecome(reader);
  const transport = reader.read('transport', parseTransport) ?? defaults.transport;
  return {
    ...defaults,
    transport,
    address: reader.read('address', parseText) ?? name,
    port: given.port ?? defaults.port,
    user: given.user ?? defaults.user,
    keyFiles: expand(given.identityFiles) ?? defaults.keyFiles,
    agentSocket: agentSocketOf(given, { defaults, home }),
    knownHostsFiles: knownHostsOf(given, { defaults, home }),
    hostKeyPolicy: policyOf(given) ?? defaults.hostKeyPolicy,
    becomePassword: reader.read('becomePassword', parsePassword) ?? defaults.becomePassword,
    deadlines: readDeadlines(reader, { given, defaults }),
    ...(Object.keys(given).length > 0 && { given }),
    ...(given.proxyJump !== undefined && given.proxyJump.length > 0 && { jump: given.proxyJump }),
    ...(typeof given.proxyCommand === 'string' && { proxyCommand: given.proxyCommand }),
    ...(password !== null && { password }),
    ...(become !== null && { become }),
  };
}

function readDeadlines(
  reader: SettingReader,
  { given, defaults }: { given: SshOptions; defaults: ConnectionDefaults },
): ConnectionSettings['deadlines'] {
  const { connectTimeoutSec = 0 } = given;
  const timed = connectTimeoutSec > 0 ? { ...defaults.deadlines, connectMs: connectTimeoutSec * 1000 } : defaults.deadlines;
  return reader.read('deadlines', (definition) => parseDeadlines(definition, timed)) ?? timed;
}

function readBecome(reader: SettingReader): HostBecome | null {
  const enabled = reader.read('become', parseFlag);
  const user = reader.read('becomeUser', parseText);
  const method = reader.read('becomeMethod', parseBecomeMethod);
  if (enabled === null && user === null && method === null) return null;
  return { ...(enabled !== null && { enabled }), ...(user !== null && { user }), ...(method !== null && { method }) };
}

interface Surroundings {
  readonly defaults: ConnectionDefaults;
  readonly home: string;
}

function agentSocketOf({ identityAgent }: SshOptions, { defaults, home }: Surroundings): string | null {
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return defaults.agentSocket;
  return identityAgent === null ? null : expandHome(identityAgent, home);
}

/** ssh_config(5): the user's files, then the system's; what is not given stays at its default. */
function knownHostsOf({ userKnownHostsFiles, globalKnownHostsFiles }: SshOptions, { defaults, home }: Surroundings): readonly string[] {
  const [user = '', ...system] = defaults.knownHostsFiles;
  return [...(userKnownHostsFiles ?? [user]), ...(globalKnownHostsFiles ?? system)].map((path) => expandHome(path, home));
}

/** `no` would accept changed keys too; drover never does. */
function policyOf({ strictHostKeyChecking }: SshOptions): ConnectionSettings['hostKeyPolicy'] | null {
  if (strictHostKeyChecking === undefined) return null;
  return strictHostKeyChecking === 'accept-new' || strictHostKeyChecking === 'no' ? 'accept-new' : 'strict';
}

function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? `${home}${path.slice(1)}` : path;
}

function refused(definition: VarDefinition | null, what: string): Diagnostic {
  const where = definition === null ? {} : { place: definition.place, source: definition.source };
  return diagnose('unsupported', `${definition?.name ?? 'a var'}: ${what} is not supported yet`, where);
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
