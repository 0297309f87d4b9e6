import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitArguments } from '../../src/inventory/split-arguments.ts';
import { parseSshArguments } from '../../src/inventory/ssh-arguments.ts';
import { mergeSshOptions } from '../../src/model/ssh-keyword.ts';
import type { SshOptions } from '../../src/model/ssh-options.ts';
import { quote } from '../../src/shell/quote.ts';

const BY_OPENSSH = 'drover_transport: openssh follows it';

describe('arguments of ssh', () => {
  test.each<[string, SshOptions]>([
    ['', {}],
    ['-J jump.example.com', { proxyJump: [{ host: 'jump.example.com' }] }],
    ['-Jops@jump:2222,10.0.0.1', { proxyJump: [{ host: 'jump', user: 'ops', port: 2222 }, { host: '10.0.0.1' }] }],
    ['-J ssh://ops@[2001:db8::1]:24', { proxyJump: [{ host: '2001:db8::1', user: 'ops', port: 24 }] }],
    ['-J 2001:db8::1', { proxyJump: [{ host: '2001:db8::1' }] }],
    ['-o ProxyJump=none', { proxyJump: [] }],
    ['-oProxyJump=a -J b', { proxyJump: [{ host: 'a' }] }],
    [`-o ProxyCommand="ssh -W %h:%p -i '~/a b' jump"`, { proxyCommand: "ssh -W %h:%p -i '~/a b' jump" }],
    ['-o "ProxyCommand nc %h %p" -J jump', { proxyCommand: 'nc %h %p' }],
    ['-o ProxyCommand=none', { proxyCommand: null }],
    ['-i ~/.ssh/one -i "/keys/a b" -o IdentityFile=/two -i ~/.ssh/one', { identityFiles: ['~/.ssh/one', '/keys/a b', '/two'] }],
    ['-o IdentityFile="/keys/a"', { identityFiles: ['/keys/a'] }],
    [`-o 'IdentityFile="/keys/a b"'`, { identityFiles: ['/keys/a b'] }],
    ['-l root -p 2222', { user: 'root', port: 2222 }],
    ['-p2222 -o Port=1 -o USER=a', { port: 2222, user: 'a' }],
    ['-o IdentitiesOnly=yes -o IdentityAgent=none', { identitiesOnly: true, identityAgent: null }],
    ['-o IdentityAgent=~/agent.sock', { identityAgent: '~/agent.sock' }],
    ['-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null', { strictHostKeyChecking: 'no', userKnownHostsFiles: ['/dev/null'] }],
    ['-o StrictHostKeyChecking=off', { strictHostKeyChecking: 'no' }],
    ['-o "UserKnownHostsFile /a /b" -o GlobalKnownHostsFile=none', { userKnownHostsFiles: ['/a', '/b'], globalKnownHostsFiles: [] }],
    [
      '-o HostKeyAlias=web -o HostKeyAlgorithms=+ssh-rsa -o HostName=192.0.2.1',
      { hostKeyAlias: 'web', hostKeyAlgorithms: '+ssh-rsa', hostName: '192.0.2.1' },
    ],
    [
      '-o ConnectTimeout=1m30 -o ServerAliveInterval=15 -o ServerAliveCountMax=0',
      { connectTimeoutSec: 90, serverAliveIntervalSec: 15, serverAliveCountMax: 0 },
    ],
    ['-C -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=/tmp/%h -qvvv -T', {}],
    ['-o ForwardAgent=no -o PreferredAuthentications=publickey -o PasswordAuthentication=no -o BatchMode=yes -a', {}],
    ['-qp 22', { port: 22 }],
  ])('%s', (text, options) => {
    expect(parseSshArguments(text)).toEqual({ options, passedOn: [], configFile: null, problems: [] });
  });

  test.each(['-F ~/other', '-F~/other -F second', '"-F" ~/other'])('%s names a configuration file', (text) => {
    expect(parseSshArguments(text)).toEqual({ options: {}, passedOn: [], configFile: '~/other', problems: [] });
  });

  test.each([
    [
      '-A',
      '-A cannot be followed: drover forwards no agent: root of the host could use your keys',
      'reach further hosts through ProxyJump',
    ],
    ['-tt', '-t cannot be followed: drover works without a terminal', 'leave it out'],
    ['-o Foo=bar', 'option Foo cannot be followed: drover does not know it', null],
    ['-o ProxyJmp=bar', 'option ProxyJmp cannot be followed: drover does not know it', 'did you mean "proxyjump"?'],
    ['-o CertificateFile=~/c', 'option CertificateFile cannot be followed: drover cannot log in with a certificate', BY_OPENSSH],
    ['-o GSSAPIAuthentication=yes', 'option GSSAPIAuthentication cannot be followed: drover cannot log in by GSSAPI', BY_OPENSSH],
    [
      '-o PubkeyAcceptedAlgorithms=+ssh-rsa',
      'option PubkeyAcceptedAlgorithms cannot be followed: drover chooses among those that the host offers',
      BY_OPENSSH,
    ],
    ['-L 1:a:2', '-L cannot be followed: drover forwards nothing', null],
    ['-6', '-6 cannot be followed: drover takes addresses in the order of the resolver', 'set ansible_host to an address'],
    ['-Z', '-Z cannot be followed: drover does not know it', null],
    ['--', '"--" cannot be followed: it is no flag of ssh', 'only flags may stand here; the host and commands come from drover'],
    ['web1', '"web1" cannot be followed: it is no flag of ssh', 'only flags may stand here; the host and commands come from drover'],
    ['-p 0', '-p must be a whole number from 1 to 65535, found "0"', null],
    ['-o Port=x', 'option Port must be a whole number from 1 to 65535, found "x"', null],
    ['-o Port', 'option Port has no value', null],
    ['-o =x', '-o has no keyword', null],
    ['-o', '-o has no value', null],
    ['-J a,,b', '-J must be [user@]host[:port], several separated by commas, found ""', null],
    ['-J a:99999', '-J must be [user@]host[:port], several separated by commas, found "a:99999"', null],
    ['-J=-oProxyCommand=x', '-J must be [user@]host[:port], several separated by commas, found "=-oProxyCommand=x"', null],
    ['-J " -oProxyCommand=x"', '-J must be [user@]host[:port], several separated by commas, found "-oProxyCommand=x"', null],
    ['-o IdentitiesOnly=maybe', 'option IdentitiesOnly must be yes or no, found "maybe"', null],
    ['-o StrictHostKeyChecking=maybe', 'option StrictHostKeyChecking must be yes, ask, accept-new or no, found "maybe"', null],
    ['-o ConnectTimeout=soon', 'option ConnectTimeout must be seconds or a time such as 1m30s, found "soon"', null],
    ['-o "User=a b"', 'option User takes one value, found "a b"', null],
    [`-o 'User="a'`, 'option User has a quote without its end', null],
    ['-o "User=a', 'a quote has no end', null],
  ])('refuses %s', (text, message, hint) => {
    const { problems } = parseSshArguments(text);
    expect(problems.map((problem) => [problem.message, problem.hint])).toEqual([[message, hint]]);
  });

  test('every problem is named, and what is right is read all the same', () => {
    const { options, problems } = parseSshArguments('-A -J jump -X web1');
    expect(options).toEqual({ proxyJump: [{ host: 'jump' }] });
    expect(problems.map(({ argument }) => argument)).toEqual(['-A', '-X', 'web1']);
  });

  test.each<[string, Partial<ReturnType<typeof parseSshArguments>>]>([
    ['-o CertificateFile=~/c -l root', { options: { user: 'root' }, passedOn: ['-o', 'CertificateFile=~/c'] }],
    ['-o "Ciphers aes256-ctr" -caes128-ctr -6KC', { options: { ciphers: 'aes256-ctr' }, passedOn: ['-6', '-K', '-C'] }],
    ['-o GSSAPIAuthentication=no -I /lib/pkcs11.so', { passedOn: ['-o', 'GSSAPIAuthentication=no', '-I', '/lib/pkcs11.so'] }],
    ['-o Tag=new', { passedOn: ['-o', 'Tag=new'] }],
    ['-qvvv -T -x -a -M -S /tmp/%h -e none', {}],
  ])('for the system’s ssh %s is passed on', (text, expected) => {
    expect(parseSshArguments(text, 'openssh')).toEqual({ options: {}, passedOn: [], configFile: null, problems: [], ...expected });
  });

  test.each([
    '-A',
    '-X',
    '-o ForwardAgent=yes',
    '-L 1:a:2',
    '-tt',
    '-o RemoteCommand=ls',
    '-o SendEnv=LANG',
    '-w 0',
    '-E /tmp/log',
    '-N',
    'web1',
  ])('also for the system’s ssh %s is refused', (text) => {
    expect(parseSshArguments(text, 'openssh')).toMatchObject({ passedOn: [], problems: [{ kind: 'unsupported' }] });
  });

  test('any text is read or refused, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'-oJiplFA =,"\'\\@:[]/yesno1 ') }), (text) => {
        void [parseSshArguments(text), parseSshArguments(text, 'openssh')];
      }),
    );
  });
});

describe('splitting into arguments', () => {
  test.each<[string, readonly string[] | null]>([
    ['', []],
    [`  a  'b c' "d \\" \\e" f\\ g ''`, ['a', 'b c', 'd " \\e', 'f g', '']],
    [`a'b'"c"d`, ['abcd']],
    ['a # b', ['a', '#', 'b']],
    ['a\nb', ['a', 'b']],
    [`it's`, null],
    ['a\\', null],
  ])('%j', (text, words) => {
    expect(splitArguments(text)).toEqual(words);
  });

  test('what the shell would take apart again is what was quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(splitArguments(words.map((word) => quote(word)).join(' '))).toEqual(words);
      }),
    );
  });
});

describe('options of several sources', () => {
  test('the first that gives one wins, files of keys add up', () => {
    const first: SshOptions = { port: 1, identityFiles: ['/a'] };
    expect(mergeSshOptions(first, { port: 2, user: 'u', identityFiles: ['/b', '/a'] })).toEqual({
      port: 1,
      user: 'u',
      identityFiles: ['/a', '/b'],
    });
  });

  test('a jump switches off a later command, and the other way round', () => {
    expect(mergeSshOptions({ proxyJump: [] }, { proxyCommand: 'nc' })).toEqual({ proxyJump: [] });
    expect(mergeSshOptions({ proxyCommand: null }, { proxyJump: [{ host: 'a' }] })).toEqual({ proxyCommand: null });
    expect(mergeSshOptions({}, { proxyCommand: 'nc' })).toEqual({ proxyCommand: 'nc' });
  });
});
