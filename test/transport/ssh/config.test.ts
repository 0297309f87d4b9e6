import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/model/diagnostic.ts';
import type { ResolvedSshOptions } from '../../../src/model/resolved-ssh-options.ts';
import { fileSource } from '../../../src/transport/ssh/config/file-source.ts';
import { loadConfig } from '../../../src/transport/ssh/config/load-config.ts';
import { type LocalMachine, thisMachine } from '../../../src/transport/ssh/config/local-machine.ts';
import { resolveOptions } from '../../../src/transport/ssh/config/resolve-options.ts';
import { folder } from '../world.ts';
import { askSsh, noSsh, runSsh } from './real-ssh.ts';

const ENV: NodeJS.ProcessEnv = { ...process.env, AGENT_SOCKET: '/run/agent.sock', KEYS: '/srv/keys' };
const machine: LocalMachine = { ...thisMachine(), env: (name) => ENV[name] };

/** What drover makes of a host, and all that is wrong. */
function ask(file: string, host: string): { readonly options: ResolvedSshOptions; readonly problems: readonly Diagnostic[] } {
  const config = loadConfig([{ path: file, scope: 'user', isRequired: true }], fileSource, machine);
  const { value, problems } = resolveOptions(config.value, { host, given: {}, machine });
  return { options: value, problems: [...config.problems, ...problems] };
}

function write(text: string, name = 'config'): string {
  const file = join(folder(), name);
  writeFileSync(file, text);
  return file;
}

/** Both answers in one form. Keywords of which neither says anything are left out. */
type Answer = Readonly<Record<string, unknown>>;

function droverAnswer(file: string, host: string): Answer {
  const { options, problems } = ask(file, host);
  if (problems.length > 0) {
    const places = problems.map(({ place, message }) => (place === null ? message : `${place.file}:${place.line}`));
    return { wrong: [...new Set(places)].sort() };
  }
  const { proxyJump, proxyCommand } = options;
  return {
    hostname: options.hostName,
    port: options.port ?? 22,
    user: options.user ?? machine.user,
    identityfile: options.identityFiles,
    certificatefile: options.certificateFiles,
    identitiesonly: options.identitiesOnly ?? false,
    identityagent: options.identityAgent,
    proxyjump: (proxyJump ?? []).map(({ user, host: hop, port }) => [user, hop, port]),
    proxycommand: proxyCommand ?? undefined,
    userknownhostsfile: (options.userKnownHostsFiles ?? ['known_hosts', 'known_hosts2'].map((name) => `${machine.home}/.ssh/${name}`)).join(
      ' ',
    ),
    globalknownhostsfile: (options.globalKnownHostsFiles ?? ['ssh_known_hosts', 'ssh_known_hosts2'].map((name) => `/etc/ssh/${name}`)).join(
      ' ',
    ),
    stricthostkeychecking: options.strictHostKeyChecking ?? 'ask',
    connecttimeout: options.connectTimeoutSec,
    serveraliveinterval: options.serverAliveIntervalSec ?? 0,
    serveralivecountmax: options.serverAliveCountMax ?? 3,
    hostkeyalias: options.hostKeyAlias,
    hashknownhosts: options.hashKnownHosts ?? false,
    addressfamily: options.addressFamily,
    bindaddress: options.bindAddress,
    ...(options.hostKeyAlgorithms === undefined ? {} : { hostkeyalgorithms: options.hostKeyAlgorithms.join(',') }),
  };
}

function realAnswer(file: string, host: string, drover: Answer): Answer {
  const answer = askSsh(file, host, ENV);
  if ('complaints' in answer) return { wrong: [...answer.complaints].sort() };
  const { values } = answer;
  const one = (keyword: string): string | undefined => values.get(keyword)?.[0];
  const isDefault = (values.get('identityfile') ?? []).every((name) => name.startsWith('~/.ssh/id_'));
  const files = values.get('identityfile')?.filter((name) => name.toLowerCase() !== 'none');
  const jump = one('proxyjump');
  // ssh looks names up in lower case, but shows them as they are written.
  const hostName = one('hostname')?.replace(/^[^:]*$/, (name) => name.toLowerCase());
  return {
    hostname: hostName,
    port: Number(one('port')),
    user: one('user'),
    identityfile: isDefault ? undefined : files?.map(atHome),
    certificatefile: values.get('certificatefile')?.map(atHome),
    identitiesonly: one('identitiesonly') === 'yes',
    identityagent: realAgent(one('identityagent')),
    proxyjump: jump === undefined || jump === 'none' ? [] : jump.split(',').map(readHop),
    proxycommand: one('proxycommand')
      ?.replace('%h', hostName ?? '')
      .replace('%p', one('port') ?? ''),
    userknownhostsfile: one('userknownhostsfile') === 'none' ? '' : one('userknownhostsfile'),
    globalknownhostsfile:
      one('globalknownhostsfile') === 'none' ? '' : one('globalknownhostsfile')?.replaceAll(/(^| )~\//g, `$1${machine.home}/`),
    stricthostkeychecking: { true: 'yes', false: 'no' }[one('stricthostkeychecking') ?? ''] ?? one('stricthostkeychecking'),
    connecttimeout: one('connecttimeout') === 'none' ? undefined : Number(one('connecttimeout')),
    serveraliveinterval: Number(one('serveraliveinterval')),
    serveralivecountmax: Number(one('serveralivecountmax')),
    hostkeyalias: one('hostkeyalias'),
    hashknownhosts: one('hashknownhosts') === 'yes',
    addressfamily: { inet: 4, inet6: 6 }[one('addressfamily') ?? ''],
    bindaddress: one('bindaddress'),
    ...('hostkeyalgorithms' in drover ? { hostkeyalgorithms: one('hostkeyalgorithms') } : {}),
  };
}

const atHome = (path: string): string => path.replace(/^~\//, `${machine.home}/`);

function realAgent(socket: string | undefined): string | null | undefined {
  if (socket === 'none') return null;
  if (socket === 'SSH_AUTH_SOCK') return ENV.SSH_AUTH_SOCK ?? null;
  return socket?.startsWith('$') ? (machine.env(socket.slice(1)) ?? null) : socket;
}

function readHop(hop: string): readonly unknown[] {
  const [, user, host, port] = /^(?:(.*)@)?\[?(.*?)\]?(?::(\d+))?$/.exec(hop.replace(/^ssh:\/\/|\/$/g, '')) ?? [];
  return [user, host, port === undefined ? undefined : Number(port)];
}

/** Compares both answers for one host. */
function compare(file: string, host: string): Answer {
  const drover = droverAnswer(file, host);
  expect(drover, `for ${host}`).toEqual(realAnswer(file, host, drover));
  return drover;
}

/** One process a case: a busy machine gets through fewer of them. */
const EFFORT = { numRuns: 120, interruptAfterTimeLimit: 15_000 };

describe.skipIf(noSsh !== null)('a configuration means what ssh -G says', () => {
  it.each<[string, string, string]>([
    ['nothing', '', 'web1'],
    ['comments, blank lines, tabs, indentation', '# c\n\n  Port 1 # x\n\tUser "a # b" # c\n   \n', 'web1'],
    ['the first value', 'Port 1\nPort 2\nHost web1\nUser a\nHost *\nUser b\n', 'web1'],
    ['forms with =', 'Port=1\nUser = a\nHostName= x\nHost=web1\nHostKeyAlias =b\n', 'web1'],
    ['keywords in quotes and any case', '"PORT" 1\nuSeR a\n', 'web1'],
    [
      'quotes and escapes',
      'User "a b"\nHostKeyAlias a\\ b\\"\nIdentityFile \'x "y\'\nIdentityFile "x\\\\\'y\\z"\nIdentityFile a"b c"d\n',
      'web1',
    ],
    ['carriage returns and form feeds at the end', 'Port 1\r\nUser a \t\f\r\n', 'web1'],
    ['a keyword whose quote is open', '"Port 1\n', 'web1'],
    ['a leading =', '= Port 3\n', 'web1'],
    ['host patterns', 'Host web? !web2 *.example.com\nPort 7\nHost * !*1\nUser u\n', 'web1'],
    ['host patterns with a negation first', 'Host !web1 *\nPort 7\nHost !web2 *\nUser u\n', 'web1'],
    ['a lone negated pattern', 'Host !web2\nPort 7\n', 'web1'],
    ['host patterns, where case counts', 'Host web1\nPort 7\nMatch host web1\nUser u\nMatch originalhost WeB1\nHostKeyAlias x\n', 'WEB1'],
    ['HostName with tokens', 'HostName %h.%%.Example.COM\n', 'web1'],
    ['HostName with an address', 'HostName 2001:DB8::1\n', 'web1'],
    [
      'Match host after HostName',
      'Match host db1\nPort 1\nHost web1\nHostName db1\nMatch host db1\nPort 2\nMatch originalhost web1\nUser x\n',
      'web1',
    ],
    ['Match user', 'Match user a\nPort 1\nHost *\nUser a\nMatch user b,a\nPort 2\n', 'web1'],
    ['Match user with the local user', `Match user ${machine.user} localuser ${machine.user}\nPort 1\n`, 'web1'],
    ['Match localuser', `Match localuser !${machine.user},*\nPort 1\nMatch !localuser nobody\nPort 2\n`, 'web1'],
    ['Match with = and quotes', 'Match host=web1 user="x,*" # c\nPort 1\nMatch !host web1\nPort 2\n', 'web1'],
    ['Match all', 'Match all\nPort 1\nMatch !all\nUser x\nMatch user * all\nHostKeyAlias a\n', 'web1'],
    [
      'Match final',
      'HostName db1\nMatch final\nPort 1\nMatch final host db1\nUser x\nHost db1\nHostKeyAlias a\nHost web1\nPort 3\n',
      'web1',
    ],
    ['Match !final', 'Match !final\nPort 1\nIdentityFile /a\nMatch final\nIdentityFile /b\nIdentityFile /a\n', 'web1'],
    ['Match canonical', 'Match canonical\nPort 1\nMatch canonical all\nPort 2\nMatch final all\nUser x\n', 'web1'],
    ['Match final, with HostName of tokens', 'HostName %h.example.com\nMatch final host web1.example.com\nPort 1\nUser final\n', 'web1'],
    ['a Match with exec that other criteria rule out', 'Match host db1 exec "exit 0"\nPort 1\n', 'web1'],
    ['lists of identity files', 'IdentityFile ~/a\nIdentityFile /b\nIdentityFile ~/a\nCertificateFile /c\nCertificateFile /d\n', 'web1'],
    ['no identity files', 'IdentityFile none\n', 'web1'],
    ['IdentityAgent none', 'IdentityAgent none\nIdentityAgent /x\n', 'web1'],
    ['IdentityAgent by variable', 'IdentityAgent $AGENT_SOCKET\n', 'web1'],
    ['IdentityAgent with everything', 'IdentityAgent ~/%u/%h/${KEYS}/%%\n', 'web1'],
    ['ProxyJump', 'ProxyJump a,b@c:7,[2001:db8::1]:8\n', 'web1'],
    ['ProxyJump as URIs', 'ProxyJump ssh://a@b:3/,ssh://c\n', 'web1'],
    ['ProxyJump before ProxyCommand', 'ProxyJump a # c\nProxyCommand b\n', 'web1'],
    ['ProxyCommand before ProxyJump', 'ProxyCommand b\nProxyJump a\n', 'web1'],
    ['ProxyCommand none before ProxyJump', 'ProxyCommand none\nProxyJump a\nProxyCommand b\n', 'web1'],
    ['ProxyJump none before both', 'ProxyJump none\nProxyJump a\nProxyCommand b\nProxyJump c\n', 'web1'],
    ['ProxyJump none for one of all', 'Host a\nProxyJump none\nHost *\nProxyJump a\n', 'a'],
    ['ProxyCommand with quotes, comment and =', 'ProxyCommand = "a b" \\"x=1 # c  \n', 'web1'],
    ['tokens of a port by name', 'Port ssh\nIdentityAgent /%p\n', 'web1'],
    ['known_hosts files', 'UserKnownHostsFile ~/a %d/b "c d" ${KEYS}/%h\nGlobalKnownHostsFile ~/g /h\n', 'web1'],
    ['no known_hosts files', 'UserKnownHostsFile none\nGlobalKnownHostsFile None\n', 'web1'],
    ['times', 'ConnectTimeout 1m30\nServerAliveInterval 1h2d3S\nServerAliveCountMax 007\n', 'web1'],
    ['times that say nothing', 'ConnectTimeout none\nConnectTimeout 5\nServerAliveInterval none\nServerAliveInterval 6\n', 'web1'],
    ['flags', 'IdentitiesOnly TRUE\nHashKnownHosts yes\nStrictHostKeyChecking Off\n', 'web1'],
    ['HostKeyAlias', 'HostKeyAlias Foo.%h\n', 'web1'],
    ['address family and source', 'AddressFamily inet6\nBindAddress 192.0.2.1\n', 'web1'],
    ['keywords of no interest', 'ForwardAgent yes\nSendEnv LANG LC_*\nLocalForward 80 a:80\nCiphers aes128-ctr\nProtocol 2\n', 'web1'],
    ['unknown keywords that are ignored', 'IgnoreUnknown UseK*,foo\nIgnoreUnknown bar\nUseKeychain yes\nFOO a b c\n', 'web1'],
    ['unknown keywords', 'Foo 1\nHost other\nBar 2\nIgnoreUnknown f*\nFoo 3\n', 'web1'],
    [
      'wrong values, also where they do not apply',
      'Host other\nPort 0\nPort a\nUser\nUser ""\nUser a b\nConnectTimeout 1x\nIdentitiesOnly ja\n',
      'web1',
    ],
    ['open quotes', 'User "a\nProxyCommand \'x\n', 'web1'],
    ['wrong Match lines', 'Match\nMatch foo x\nMatch host\nMatch all user x\nMatch user x y\nMatch host #\n', 'web1'],
    ['wrong lists', 'UserKnownHostsFile a none\nHost ""\nInclude ""\nProxyJump a,\nProxyJump :1\nHostKeyAlgorithms ssh-foo\n', 'web1'],
  ])('%s', (_, text, host) => {
    compare(write(text), host);
  });

  it.each([
    'ssh-ed25519,ssh-rsa',
    '+ssh-rsa',
    '+ssh-ed25519,ssh-*dss',
    '-ssh-ed25519*,ecdsa-*',
    '-*,!rsa*',
    '^rsa-sha2-512,ssh-ed25519',
    'rsa-*,ssh-ed25519',
  ])('HostKeyAlgorithms %s', (list) => {
    compare(write(`HostKeyAlgorithms ${list}\n`), 'web1');
  });

  it('follows Include with wildcards, in lexical order, under the Host line around it, and without the conditions of one file reaching the next', () => {
    const file = write('');
    const parts = join(file, '..');
    writeFileSync(join(parts, '20.conf'), 'Port 20\nHost nobody\nUser never\n');
    writeFileSync(join(parts, '10.conf'), 'User ten\nHost web1\nHostKeyAlias ten\n');
    writeFileSync(join(parts, '.hidden.conf'), 'HostName hidden\n');
    writeFileSync(join(parts, 'all.inc'), 'Match all\nHostName all\n');
    writeFileSync(
      file,
      `Host other\nInclude ${parts}/all.inc\nHost web1\nInclude ${parts}/*.conf ${parts}/missing ${parts}/[!a-z]0.con?\nServerAliveInterval 9\n`,
    );
    expect(compare(file, 'web1')).toMatchObject({ hostname: 'web1', port: 20, user: 'ten', hostkeyalias: 'ten', serveraliveinterval: 9 });
    expect(compare(file, 'other')).toMatchObject({ hostname: 'all', port: 22 });
  });

  it('complains of the same lines of an included file, and of files that include themselves', () => {
    const file = write('');
    writeFileSync(join(file, '..', 'inc'), 'Port 1\nPort x\n');
    writeFileSync(file, `Host nobody\nInclude ${file}/../inc\n`.replaceAll('config/../', ''));
    compare(file, 'web1');
    writeFileSync(file, `User x\nInclude ${file}\n`);
    expect(ask(file, 'web1').problems.map(({ place, message }) => [place?.line, message])).toEqual([[2, `"${file}" includes itself`]]);
    expect(askSsh(file, 'web1')).toEqual({ complaints: ['Too many recursive configuration includes'] });
  });

  it('replaces tokens, ~ and variables in paths and commands as ssh does when it connects', () => {
    const paths = ['~/%h-%p-%r-%n-%u-%i-%k-%L-%l-%d-%%', '${KEYS}/%C', '~root/x', '/x/~/$KEYS'];
    const file = write(
      ['User r', 'HostName h.X', 'Port 77', 'HostKeyAlias Al', ...paths.map((path) => `IdentityFile ${path}`)].join('\n') +
        '\nCertificateFile ~/%h\nProxyCommand echo %h-%p-%r-%n-%% ${KEYS} "x" >&2\n',
    );
    const said = runSsh(file, 'web1', ENV);
    const paired = (pattern: RegExp): readonly string[] => said.flatMap((line) => pattern.exec(line)?.slice(1) ?? []);
    const { options, problems } = ask(file, 'web1');
    expect(problems).toEqual([]);
    expect(options.identityFiles).toEqual(paired(/identity file (.*) type/).filter((path) => !path.endsWith('-cert')));
    expect(options.certificateFiles).toEqual(paired(/certificate file (.*) type/));
    expect([options.proxyCommand]).toEqual(paired(/Executing proxy command: exec (.*)$/));
  });

  it('replaces tokens of ProxyJump as ssh does', () => {
    const file = write('Host xweb1\nProxyCommand false\nHost *\nUser me\nProxyJump %r@x%h:33,%n-%p\n');
    const { proxyJump } = ask(file, 'web1').options;
    expect(proxyJump).toEqual([{ user: 'me', host: 'xweb1', port: 33 }, { host: 'web1-22' }]);
    expect(runSsh(file, 'web1').join('\n')).toContain(`ssh -J me@xweb1:33 -F ${file} -v -W '[web1]:22' web1-22`);
  });

  it.each([
    ['IdentityFile ${NO_SUCH}', 'IdentityFile: the environment variable NO_SUCH is not set'],
    ['IdentityFile ${KEYS', 'IdentityFile: "${" has no "}"'],
    ['IdentityFile %z', 'IdentityFile: "%z" is no token here (a plain "%" is written "%%")'],
    ['IdentityFile a%', 'IdentityFile: a "%" at the end is written "%%"'],
    ['IdentityFile ~no-such-user/x', 'IdentityFile: there is no user "no-such-user"'],
    ['ProxyCommand nc %k', 'ProxyCommand: "%k" is no token here (a plain "%" is written "%%")'],
    ['HostName %p', 'HostName: "%p" is no token here (a plain "%" is written "%%")'],
    ['UserKnownHostsFile /a %q', 'UserKnownHostsFile: "%q" is no token here (a plain "%" is written "%%")'],
  ])('refuses %s', (line, message) => {
    const file = write(`User x\n${line}\nProxyCommand false\n`);
    expect(ask(file, 'web1').problems.map((problem) => [problem.place?.line, problem.message])).toEqual([[2, message]]);
  });
});

describe.skipIf(noSsh !== null)('generated configurations', () => {
  it('mean what ssh -G says', () => {
    fc.assert(
      fc.property(configuration, fc.constantFrom('web1', 'WEB1', 'db2', 'web1.example.com'), (text, host) => {
        compare(write(text), host);
      }),
      EFFORT,
    );
  }, 60_000);

  it('are wrong in the lines that ssh complains of', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(line, wrongLine, junk), { maxLength: 8 }), (lines) => {
        compare(write(lines.join('\n')), 'web1');
      }),
      EFFORT,
    );
  }, 60_000);
});

const HOSTS = ['web1', 'WEB1', 'web*', '*', 'w?b1', 'db2', '*.example.com', 'web1.example.com', 'jump', '*1', ''];
const pattern = fc
  .tuple(fc.constantFrom('', '', '', '!'), fc.constantFrom(...HOSTS.filter((host) => host !== '')))
  .map((parts) => parts.join(''));
const patternList = fc.array(pattern, { minLength: 1, maxLength: 3 }).map((patterns) => patterns.join(','));
const keyword = (name: string): fc.Arbitrary<string> => fc.constantFrom(name, name.toLowerCase(), name.toUpperCase(), `"${name}"`);
const between = fc.constantFrom(' ', '=', ' = ', '\t', '   ', ' =');
const quoted = (value: string): fc.Arbitrary<string> =>
  /["'\\]/.test(value) ? fc.constant(value) : fc.constantFrom(value.replaceAll(' ', '\\ '), `"${value}"`, `'${value}'`);
const comment = fc.constantFrom('', '', ' # c', '  #', '\t', '\r');

function setting(name: string, values: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(keyword(name), between, fc.constantFrom(...values).chain(quoted), comment).map((parts) => parts.join(''));
}

function rawSetting(name: string, values: readonly string[]): fc.Arbitrary<string> {
  // 9.2 takes `ProxyJump none # c` for a machine "none"; later ones do not.
  return fc
    .tuple(keyword(name), between, fc.constantFrom(...values), fc.constantFrom('', ' ', ' # c'))
    .map((parts) => parts.join(''))
    .filter((text) => !/none\s+#/i.test(text));
}

const line = fc.oneof(
  setting('Port', ['1', '22', '65535', '0022', 'ssh']),
  setting('User', ['a', 'b c', 'me#x', 'x=y', 'ü']),
  setting('HostName', ['h1', '%h.example.com', 'WEB1', '192.0.2.7', '%%x', 'db2']),
  setting('IdentityFile', ['~/a', '/b', '/b c', 'none', 'rel/x']),
  setting('CertificateFile', ['/c1', '~/c2']),
  setting('IdentitiesOnly', ['yes', 'No', 'true', 'false']),
  setting('IdentityAgent', ['none', 'SSH_AUTH_SOCK', '$AGENT_SOCKET', '/a%h', '~/a', '${KEYS}/x']),
  rawSetting('ProxyJump', ['none', 'jump', 'a,b', 'x@y:7', 'ssh://u@v:9', 'NONE', 'u@v@w']),
  rawSetting('ProxyCommand', ['none', 'nc %h %p', 'a "b c" d', '= x', 'None']),
  setting('UserKnownHostsFile', ['/k', '~/k', '%d/%h', 'none']),
  rawSetting('UserKnownHostsFile', ['/k1 /k2', '"/k 1" ~/k2']),
  rawSetting('GlobalKnownHostsFile', ['none', '/g1 /g2', '~/g']),
  setting('StrictHostKeyChecking', ['yes', 'no', 'ask', 'off', 'accept-new', 'TRUE']),
  setting('HostKeyAlias', ['al', 'AL', '%h', 'a b']),
  setting('HostKeyAlgorithms', ['+ssh-rsa', '-rsa-*', '^ssh-ed25519', 'ssh-ed25519', '*-sha2-*']),
  setting('ConnectTimeout', ['5', 'none', '1m', '1h1', '0']),
  setting('ServerAliveInterval', ['5', 'none', '90s', '0']),
  setting('ServerAliveCountMax', ['0', '5', '07']),
  setting('HashKnownHosts', ['yes', 'no']),
  setting('IgnoreUnknown', ['foo,bar', 'f*', '!foo,*']),
  fc.constant('ForwardAgent yes'),
);
const criterion = fc.oneof(
  fc.tuple(fc.constantFrom('host', 'originalhost', '!host', 'Host'), fc.constantFrom(' ', '='), patternList).map((parts) => parts.join('')),
  fc
    .tuple(
      fc.constantFrom('user', '!user', 'localuser'),
      fc.constantFrom(' ', '='),
      fc.constantFrom('a', machine.user, '*', '!a,*', '"b c"'),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('canonical', '!canonical'),
);
const finalCriterion = fc.constantFrom('final', '!final');
const block = fc.oneof(
  fc.tuple(fc.array(pattern, { minLength: 1, maxLength: 3 }), comment).map(([patterns, end]) => `Host ${patterns.join(' ')}${end}`),
  fc.tuple(fc.array(criterion, { minLength: 1, maxLength: 3 }), comment).map(([criteria, end]) => `Match ${criteria.join(' ')}${end}`),
  fc.tuple(fc.array(criterion, { maxLength: 1 }), finalCriterion).map(([criteria, final]) => `Match ${[...criteria, final].join(' ')}`),
  fc.constant('Match all'),
);
const indentation = fc.constantFrom('', '', '  ', '\t');
const configuration = fc
  .array(
    fc.tuple(
      indentation,
      fc.oneof({ weight: 3, arbitrary: line }, { weight: 1, arbitrary: block }, { weight: 1, arbitrary: fc.constantFrom('', '# c') }),
    ),
    {
      maxLength: 14,
    },
  )
  .map((lines) => `${lines.map((parts) => parts.join('')).join('\n')}\n`);

const wrongLine = fc.oneof(
  rawSetting('Port', ['0', '65536', 'x', '22x', '-1', '1 2', '""', '"22']),
  rawSetting('User', ['""', 'a b', '"a', '']),
  rawSetting('ConnectTimeout', ['-1', '1x', 'None', '""', '99999999999', 'm']),
  rawSetting('ServerAliveCountMax', ['-1', 'x', '0x1', '2147483648', 'none']),
  rawSetting('StrictHostKeyChecking', ['maybe', '']),
  rawSetting('IdentitiesOnly', ['1', 'yess', 'yes no']),
  rawSetting('ProxyJump', ['a,', ',a', ':3', '@b', 'a:0', 'a:x', 'a b"', '2001:db8::1', 'a/b']),
  rawSetting('UserKnownHostsFile', ['a none', 'none a', '"" a']),
  rawSetting('HostKeyAlgorithms', ['ssh-foo', '+', 'ssh-rsa,,ssh-ed25519', 'foo*']),
  rawSetting('Match', ['foo', 'host', 'all user x', 'host x all user y', '"host', '# c', 'user a b', '!foo x']),
  rawSetting('Host', ['""', '"a', '']),
  rawSetting('Fooo', ['1', '"x', '']),
);
/** Lines of the characters that matter to the reader of lines. */
const junk = fc
  .array(fc.constantFrom('User', 'Port', ' ', ' ', '=', '"', "'", '\\', '#', '1', 'x', '\t', ',', '!'), { maxLength: 7 })
  .map((parts) => parts.join(''));
