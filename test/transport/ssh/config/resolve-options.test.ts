import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../../../../src/errors/render.ts';
import type { SshOptions } from '../../../../src/model/ssh-options.ts';
import { ask, route, tree } from './config-world.ts';

const problems = (files: Readonly<Record<string, string>>, given: SshOptions = {}): readonly string[] =>
  ask(files, 'web1', given).problems.map(({ code, message, place }) => `${place?.file}:${place?.line}:${place?.column} ${code} ${message}`);

describe('problems of a configuration', () => {
  it.each<[string, string]>([
    ['  Port abc', '1:8 ssh-config Port must be a number from 1 to 65535, found "abc"'],
    ['User a b', '1:8 ssh-config User takes one argument, found "b" behind it'],
    ['User ""', '1:6 ssh-config User has an empty argument'],
    ['User # c', '1:6 ssh-config User has an empty argument'],
    ['User', '1:1 ssh-config User has no argument'],
    ['IdentityFile "a b', '1:14 ssh-config a quote in the arguments of IdentityFile is not closed'],
    ['ProxyJump a,', '1:11 ssh-config ProxyJump must be a comma list of [user@]host[:port], or none, found "a,"'],
    ['HostKeyAlgorithms +ssh-foo', '1:19 ssh-config HostKeyAlgorithms must be a list of host key algorithms, found "+ssh-foo"'],
    ['UserKnownHostsFile a none', '1:22 ssh-config UserKnownHostsFile takes "none" alone, without other files'],
    ['Match hots a', '1:7 ssh-config Match does not know the criterion "hots"'],
    ['Match user x host', '1:14 ssh-config the Match criterion "host" has no argument'],
    ['Match user x host y all', '1:21 ssh-config the Match criterion "all" cannot be combined with others'],
    ['Host a "" b', '1:8 ssh-config Host has an empty argument'],
    ['IdentityFlie ~/x', '1:1 key-unknown ssh_config has no keyword "IdentityFlie"'],
    ['IdentityFile /x %q', '1:17 ssh-config IdentityFile takes one argument, found "%q" behind it'],
    ['RevokedHostKeys /etc/ssh/revoked', '1:1 unsupported RevokedHostKeys: drover reads revoked keys from known_hosts only (@revoked)'],
    ['CanonicalizeHostname yes', '1:1 unsupported CanonicalizeHostname: drover does not look up canonical names'],
    [
      'Match host web1 exec "test -e /x"',
      '1:17 unsupported whether this Match applies to web1 depends on "exec", which only the system\'s ssh can decide',
    ],
  ])('%s', (text, problem) => {
    expect(problems({ '/c': text })).toEqual([`/c:${problem}`]);
  });

  it.each([
    ['Match exec of another host', 'Match host db1 exec "x"\nPort 1'],
    ['Match exec inside a block of another host', 'Host db1\nInclude /inc'],
    ['RevokedHostKeys none, and that of another host', 'RevokedHostKeys none\nHost db1\nRevokedHostKeys /x'],
  ])('are not made of %s', (_, text) => {
    expect(problems({ '/c': text, '/inc': 'Match exec "x"\nPort 1' })).toEqual([]);
  });

  it('are shown with line, caret and a way out', () => {
    const [problem] = ask({ '/c': 'Host web1\n  IdentityFlie ~/x' }, 'web1').problems;
    expect(problem && renderDiagnostic(problem)).toBe(
      [
        '/c:2:3  error key-unknown  ssh_config has no keyword "IdentityFlie"',
        '  2 |   IdentityFlie ~/x',
        '    |   ^^^^^^^^^^^^',
        '  hint: did you mean "identityfile"?',
      ].join('\n'),
    );
  });

  it('name files that were asked for and are missing, and included files that others can write', () => {
    expect(ask({}, 'web1').problems.map(({ code, message }) => [code, message])).toEqual([
      ['file-missing', 'there is no ssh_config file "/c"'],
    ]);
    const source = {
      ...tree({ '/c': 'Include /open' }),
      read: (path: string) => (path === '/c' ? { text: 'Include /open' } : { problem: 'others can write it' }),
    };
    expect(ask(source, 'web1').problems.map(({ message }) => message)).toEqual(['"/open" cannot be included: others can write it']);
  });

  it('are told once, however often a file is included', () => {
    expect(problems({ '/c': 'Include /x /x\nMatch final\nInclude /x', '/x': 'Port a\nFoo 1' })).toEqual([
      '/x:1:6 ssh-config Port must be a number from 1 to 65535, found "a"',
      '/x:2:1 key-unknown ssh_config has no keyword "Foo"',
    ]);
  });
});

describe('files', () => {
  it('of the user come before those of the system, which includes from /etc/ssh', () => {
    const files = {
      '/home/me/.ssh/config': 'User mine\nInclude own.d/*',
      '/home/me/.ssh/own.d/a': 'Port 7',
      '/etc/ssh/ssh_config': 'User system\nPort 8\nInclude ssh_config.d/*.conf',
      '/etc/ssh/ssh_config.d/a.conf': 'HashKnownHosts yes',
    };
    expect(ask(files, 'web1', {}, 'both').options).toMatchObject({ user: 'mine', port: 7, hashKnownHosts: true });
  });

  it('of the system cannot include those of a user', () => {
    const { problems: found } = ask({ '/etc/ssh/ssh_config': 'Include ~/x' }, 'web1', {}, 'both');
    expect(found.map(({ place, message }) => [place?.column, message])).toEqual([[9, 'a system-wide file cannot include "~/x" of a user']]);
  });

  it('say nothing where nothing is written', () => {
    const { options } = ask({}, 'Web1', {}, 'both');
    expect(options).toEqual({ hostName: 'web1' });
  });
});

describe('given options', () => {
  const config = {
    '/c': 'Host web1\nUser file\nPort 1\nIdentityFile /file\nProxyCommand nc\nHostName %h.file\nIdentityAgent /file\nHostKeyAlias file',
  };

  it('win over the files, and stand before their lists', () => {
    const given: SshOptions = {
      user: 'given',
      port: 2,
      identityFiles: ['~/%r'],
      hostName: 'h.given',
      identityAgent: null,
      hostKeyAlias: 'Given',
    };
    expect(ask(config, 'web1', given).options).toMatchObject({
      user: 'given',
      port: 2,
      identityFiles: ['/home/me/given', '/file'],
      hostName: 'h.given',
      identityAgent: null,
      hostKeyAlias: 'given',
    });
  });

  it.each<[string, SshOptions, object]>([
    ['a jump keeps off a command of the files', { proxyJump: [{ host: 'j' }] }, { proxyJump: [{ host: 'j' }], proxyCommand: undefined }],
    ['no jump leaves a command of the files', { proxyJump: [] }, { proxyJump: [], proxyCommand: 'nc' }],
    ['a command with tokens', { proxyCommand: 'nc %h %p' }, { proxyJump: undefined, proxyCommand: 'nc web1.file 1' }],
    ['no command', { proxyCommand: null }, { proxyJump: undefined, proxyCommand: null }],
  ])('%s', (_, given, expected) => {
    const { proxyJump, proxyCommand } = ask(config, 'web1', given).options;
    expect({ proxyJump, proxyCommand }).toEqual(expected);
  });

  it('keep off a jump of the files', () => {
    expect(ask({ '/c': 'ProxyJump j' }, 'web1', { proxyCommand: 'nc' }).options.proxyJump).toBeUndefined();
    expect(ask({ '/c': 'ProxyJump j' }, 'web1', { proxyJump: [] }).options.proxyJump).toEqual([]);
  });

  it('decide Match lines', () => {
    const text = 'Match user given\nPort 5\nMatch host h.given\nConnectTimeout 9';
    expect(ask({ '/c': text }, 'web1', { user: 'given', hostName: 'h.given' }).options).toMatchObject({ port: 5, connectTimeoutSec: 9 });
  });

  it('are refused where a token stands for nothing', () => {
    expect(ask({ '/c': '' }, 'web1', { identityFiles: ['/%z'] }).problems.map(({ place, message }) => [place, message])).toEqual([
      [null, 'IdentityFile: "%z" is no token here (a plain "%" is written "%%")'],
    ]);
  });
});

describe('the way to a host', () => {
  const stops = (text: string, given: SshOptions = {}): readonly string[] =>
    route({ '/c': text }, 'web1', given).value.map(
      ({ host, options: { hostName, user, port } }) => `${host}=${user ?? ''}@${hostName}:${port ?? ''}`,
    );

  it('is the host alone', () => {
    expect(stops('HostName a')).toEqual(['web1=@a:']);
  });

  it('goes over jump hosts, each with its own lines', () => {
    const text = 'Host web1\nProxyJump ann@j1,j2:7\nUser web\nHost j1\nHostName j1.example.com\nUser bob\nPort 9\nHost j2\nUser carl';
    expect(stops(text)).toEqual(['j1=ann@j1.example.com:9', 'j2=carl@j2:7', 'web1=web@web1:']);
  });

  it('goes over the jump hosts of the first jump host', () => {
    expect(stops('Host web1\nProxyJump j1,j2\nHost j1\nProxyJump j0\nHost j2\nProxyJump never')).toEqual([
      'j0=@j0:',
      'j1=@j1:',
      'j2=@j2:',
      'web1=@web1:',
    ]);
  });

  it('is refused where it comes back to itself', () => {
    const { problems: found } = route({ '/c': 'ProxyJump gate' }, 'web1');
    expect(found.map(({ message, hint }) => [message, hint])).toEqual([
      [
        'ProxyJump leads back to where it came from: web1 over gate over gate',
        'give gate "ProxyJump none" above the line that applies to all',
      ],
    ]);
    expect(stops('Host gate\nProxyJump none\nHost *\nProxyJump gate')).toEqual(['gate=@gate:', 'web1=@web1:']);
  });
});
