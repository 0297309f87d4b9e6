import type { ConnectionSettings, HostKeyPolicy } from '../../model/host.ts';
import type { SshHop, SshOptions } from '../../model/ssh-options.ts';
import type { EffectiveConfig } from './effective-config.ts';

type Option = readonly [keyword: string, value: string | number];

/** What drover decides for every host; of an option the first that ssh is given counts (ssh_config(5)). */
const ALWAYS: readonly Option[] = [
  ['BatchMode', 'yes'],
  ['ControlPersist', 'no'],
  ['ForwardAgent', 'no'],
  ['ForwardX11', 'no'],
  ['ClearAllForwardings', 'yes'],
  ['Tunnel', 'no'],
  ['RequestTTY', 'no'],
  ['EscapeChar', 'none'],
  ['UpdateHostKeys', 'no'],
  ['VisualHostKey', 'no'],
];

/** ssh(1) as a client of the master alone: it reads no files, and if the master is gone it must not connect by itself. */
export const CLIENT: readonly string[] = [
  ...['-F', '/dev/null', '-e', 'none'],
  ...['ControlMaster=no', 'ProxyCommand=false', 'BatchMode=yes', 'LogLevel=ERROR'].flatMap((option) => ['-o', option]),
];

/** Signs of life that are asked for where nobody says anything: a dead link is found within 30 s. */
const KEEPALIVE = { intervalSec: 10, countMax: 2 };

/** What vars and the operator say, as arguments of ssh; the host is not among them. */
export function givenArguments(settings: ConnectionSettings, home: string): readonly string[] {
  const { given, sshConfigFile, sshArguments } = settings;
  const file = sshConfigFile === null ? [] : ['-F', sshConfigFile.replace(/^~(?=\/)/, () => home)];
  return [...file, ...flags([...ALWAYS, ...optionsOf(given)]), ...sshArguments];
}

/** What depends on ssh_config, as arguments that go before those given. */
export function settledArguments(settings: ConnectionSettings, config: EffectiveConfig): readonly string[] {
  const { given } = settings;
  const options: Option[] = [
    // `ask` is strict, as ssh has nobody to ask.
    ['StrictHostKeyChecking', policyOf(settings, config) === 'accept-new' ? 'accept-new' : 'yes'],
    ['ConnectTimeout', Math.max(1, Math.ceil(connectMsOf(settings, config) / 1000))],
  ];
  if (given.serverAliveIntervalSec === undefined && isDefault(config.get('serveraliveinterval'), '0')) {
    options.push(['ServerAliveInterval', KEEPALIVE.intervalSec]);
    const isOpen = given.serverAliveCountMax === undefined && isDefault(config.get('serveralivecountmax'), '3');
    if (isOpen) options.push(['ServerAliveCountMax', KEEPALIVE.countMax]);
  }
  // Known since OpenSSH 8.7; older ones refuse the keyword.
  if (config.get('forkafterauthentication') === 'yes') options.push(['ForkAfterAuthentication', 'no']);
  return flags(options);
}

/** The longest wait for the connection, handshake and host key check: as vars, ssh_config or the deadlines say. */
export function connectMsOf({ given, deadlines }: ConnectionSettings, config: EffectiveConfig): number {
  const said = given.connectTimeoutSec ?? Number(config.get('connecttimeout') ?? 0);
  return said > 0 ? Math.round(said * 1000) : deadlines.connectMs;
}

/** What happens with an unknown host key: `no` would accept changed keys too; drover never does. */
export function policyOf({ hostKeyPolicy, given }: ConnectionSettings, config: EffectiveConfig): HostKeyPolicy {
  if (hostKeyPolicy !== null) return hostKeyPolicy;
  const said = given.strictHostKeyChecking ?? config.get('stricthostkeychecking') ?? 'ask';
  if (said === 'ask') return 'ask';
  return ['accept-new', 'no', 'off', 'false'].includes(said) ? 'accept-new' : 'strict';
}

function optionsOf(given: SshOptions): readonly Option[] {
  const { identityFiles, userKnownHostsFiles, globalKnownHostsFiles, proxyJump, proxyCommand, identityAgent } = given;
  const { identitiesOnly, connectTimeoutSec: _, serverAliveIntervalSec, serverAliveCountMax } = given;
  return [
    ...say('HostName', given.hostName),
    ...say('Port', given.port),
    ...say('User', given.user, quoteWord),
    ...(identityFiles?.length === 0 ? ['none'] : (identityFiles ?? [])).map((file): Option => ['IdentityFile', quoteWord(file)]),
    ...say('IdentitiesOnly', identitiesOnly, (only) => (only ? 'yes' : 'no')),
    ...say('IdentityAgent', identityAgent, (path) => (path === null ? 'none' : quoteWord(path))),
    ...say('ProxyJump', proxyJump, (hops) => (hops.length === 0 ? 'none' : hops.map(hopText).join(','))),
    ...say('ProxyCommand', proxyCommand, (command) => command ?? 'none'),
    ...say('UserKnownHostsFile', userKnownHostsFiles, fileList),
    ...say('GlobalKnownHostsFile', globalKnownHostsFiles, fileList),
    ...say('HostKeyAlias', given.hostKeyAlias, quoteWord),
    ...say('HostKeyAlgorithms', given.hostKeyAlgorithms),
    ...say('KexAlgorithms', given.kexAlgorithms),
    ...say('Ciphers', given.ciphers),
    ...say('MACs', given.macs),
    ...say('ServerAliveInterval', serverAliveIntervalSec, Math.ceil),
    ...say('ServerAliveCountMax', serverAliveCountMax),
  ];
}

function say<T>(keyword: string, value: T | undefined, text: (value: T) => string | number = String): readonly Option[] {
  return value === undefined ? [] : [[keyword, text(value)]];
}

/** An interval of 0 that a file gives cannot be told from none. */
function isDefault(value: string | undefined, byDefault: string): boolean {
  return value === undefined || value === byDefault;
}

function flags(options: readonly Option[]): readonly string[] {
  return options.flatMap(([keyword, value]) => ['-o', `${keyword}=${value}`]);
}

function fileList(files: readonly string[]): string {
  return files.length === 0 ? 'none' : files.map(quoteWord).join(' ');
}

/** One word of a line of ssh_config(5). */
function quoteWord(word: string): string {
  return /[\s"'#=\\]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word;
}

function hopText({ host, user, port }: SshHop): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}
