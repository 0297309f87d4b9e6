import { describe, expect, it } from 'vitest';
import { isAbout, knownHostName, parseKnownHosts } from '../../../src/transport/ssh/known-hosts.ts';

describe('the names of a known_hosts line', () => {
  it.each([
    ['web1.example.com', 'web1.example.com', true],
    ['web1.example.com', 'web2.example.com', false],
    ['WEB1.example.com', 'web1.example.com', true],
    ['web1,192.0.2.1', '192.0.2.1', true],
    ['web1,192.0.2.1', 'web', false],
    ['*.example.com', 'web1.example.com', true],
    ['*.example.com', 'example.com', false],
    ['web?', 'web1', true],
    ['web?', 'web12', false],
    ['*.example.com,!db.example.com', 'db.example.com', false],
    ['!db.example.com,*.example.com', 'db.example.com', false],
    ['*.example.com,!db.example.com', 'web.example.com', true],
    ['!db.example.com', 'web.example.com', false],
    ['web1', '[web1]:2222', false],
    ['[web1]:2222', '[web1]:2222', true],
    ['[web1]:2222', 'web1', false],
    ['[*.example.com]:2222', '[web1.example.com]:2222', true],
    ['web.1', 'web01', false],
    ['2001:db8::1', '2001:db8::1', true],
    // Made by `ssh-keygen -H`.
    ['|1|Qk692aSycoGtcbDpw6mCp9bemTA=|cFxj/cpt42WhA4oDHhrgSUR6mLc=', 'web1', true],
    ['|1|Qk692aSycoGtcbDpw6mCp9bemTA=|cFxj/cpt42WhA4oDHhrgSUR6mLc=', 'web2', false],
    ['|1|XkE0SuODFFbo/ZO6NpsC3ZAXdLY=|KEskoX6qpeDE6YyoS7VDh9avw6w=', '[web1]:2222', true],
    ['|1|XkE0SuODFFbo/ZO6NpsC3ZAXdLY=|KEskoX6qpeDE6YyoS7VDh9avw6w=', 'web1', false],
    ['|2|AAAA|AAAA', 'web1', false],
    ['|1|', 'web1', false],
  ])('%s for %s: %s', (names, name, expected) => {
    expect(isAbout({ names }, name)).toBe(expected);
  });
});

describe('a known_hosts file', () => {
  it('gives its keys with their places, without comments, blank, malformed and authority lines', () => {
    const text = [
      '# comment',
      '',
      'web1 ssh-ed25519 AAAA1 a comment',
      '  web2\tssh-rsa  AAAA2\r',
      '@cert-authority *.example.com ssh-rsa AAAA3',
      '@revoked web1 ssh-rsa AAAA4',
      'web3 ssh-rsa',
      '#web4 ssh-rsa AAAA5',
      '@unknown web5 ssh-rsa AAAA6',
    ].join('\n');
    expect(parseKnownHosts(text, 'kh')).toEqual([
      { names: 'web1', revoked: false, type: 'ssh-ed25519', key: 'AAAA1', file: 'kh', line: 3 },
      { names: 'web2', revoked: false, type: 'ssh-rsa', key: 'AAAA2', file: 'kh', line: 4 },
      { names: 'web1', revoked: true, type: 'ssh-rsa', key: 'AAAA4', file: 'kh', line: 6 },
    ]);
  });

  it('records a host by its lower-case name, and by its port where that is not 22', () => {
    expect(knownHostName('Web1', 22)).toBe('web1');
    expect(knownHostName('2001:db8::1', 2222)).toBe('[2001:db8::1]:2222');
  });
});
