import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BaseFacts } from '../../src/model/fact.ts';
import { group } from '../../src/steps/group.ts';
import { user } from '../../src/steps/user.ts';
import { testBase } from '../steps/support/host.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot, type Tools } from './support/private-root.ts';

if (noPrivateRoot !== null) console.warn(`accounts are not tried for real: ${noPrivateRoot}`);

describe.skipIf(noPrivateRoot !== null).each<Tools>(['all', 'busybox'])('accounts on a real root (tools: %s)', (tools) => {
  const base: BaseFacts = testBase(tools === 'busybox');
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
  });
  afterAll(() => root.close());

  const line = (file: string, name: string): string => root.sh(`grep '^${name}:' /etc/${file}`).stdout.toString().trim();
  const converges = (step: ReturnType<typeof user>): void => {
    const first = root.apply(step, base, tools);
    expect(first).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect(root.apply(step, base, tools).plan).toEqual({ result: 'ok' });
  };

  it('adds a group with a number, changes the number, and removes it', () => {
    converges(group({ name: 'crew', gid: 4711 }));
    expect(line('group', 'crew')).toBe('crew:x:4711:');
    converges(group({ name: 'crew', gid: 4712 }));
    converges(group({ name: 'crew', state: 'absent' }));
    expect(line('group', 'crew')).toBe('');
    expect(line('gshadow', 'crew')).toBe('');
  });

  it('takes the number of a new system group from below 1000', () => {
    converges(group({ name: 'engine', system: true }));
    expect(Number(line('group', 'engine').split(':')[2])).toBeLessThan(1000);
  });

  it('adds a user with the documented defaults, a group of its own and a private home directory', () => {
    converges(user({ name: 'ada' }));
    const [, , uid, gid, ...rest] = line('passwd', 'ada').split(':');
    expect(Number(uid)).toBeGreaterThanOrEqual(1000);
    expect(line('group', 'ada').split(':')[2]).toBe(gid);
    expect(rest).toEqual(['', '/home/ada', '/bin/sh']);
    expect(line('shadow', 'ada')).toMatch(/^ada:!:\d+:/);
    expect(root.sh('stat -c "%a %U %G" /home/ada; ls -A /home/ada').stdout.toString()).toBe('700 ada ada\n');
  });

  it('adds a system user without a home directory, into an existing group of its own name', () => {
    converges(group({ name: 'queue', system: true }));
    converges(user({ name: 'queue', system: true, comment: 'Mail queue' }));
    expect(line('passwd', 'queue')).toMatch(/^queue:x:\d{3}:\d{3}:Mail queue:\/nonexistent:\/usr\/sbin\/nologin$/);
  });

  it('keeps odd characters of a comment as they are', () => {
    const comment = `O'Hara $HOME "x" \\n -v & ünï`;
    converges(user({ name: 'odd', comment, uid: 3001 }));
    converges(user({ name: 'odd', comment: `=${comment}` }));
    expect(line('passwd', 'odd').split(':')[4]).toBe(`=${comment}`);
  });

  it('changes only the fields that differ', () => {
    const { plan } = root.apply(user({ name: 'ada', shell: '/bin/bash', home: '/home/ada' }), base, tools);
    expect(plan).toMatchObject({ changes: [{ field: 'shell', before: '/bin/sh', after: '/bin/bash' }] });
    expect(line('passwd', 'ada')).toMatch(/:\/home\/ada:\/bin\/bash$/);
  });

  it('sets exactly the named groups, and with append at least those', () => {
    converges(user({ name: 'ada', groups: ['games', 'audio'] }));
    converges(user({ name: 'ada', groups: ['video'], append: true }));
    expect(root.sh('id -Gn ada | tr " " "\\n" | sort | tr "\\n" " "').stdout.toString()).toBe('ada audio games video ');
    converges(user({ name: 'ada', groups: [] }));
    expect(root.sh('id -Gn ada').stdout.toString()).toBe('ada\n');
  });

  it('moves a home directory with what is in it', () => {
    root.sh('echo note >/home/ada/note; chown ada:ada /home/ada/note; echo x >/home/ada/root; mkdir -p /srv/homes');
    converges(user({ name: 'ada', home: '/srv/homes/ada', moveHome: true }));
    expect(root.sh('cat /srv/homes/ada/note; ls -d /home/ada 2>&1').stdout.toString()).toMatch(/^note\n.*No such file/);
  });

  it('gives the user’s files in the home directory the new number and group', () => {
    converges(user({ name: 'ada', uid: 5001, group: 'games' }));
    expect(root.sh('cd /srv/homes/ada; stat -c "%u %G" note root').stdout.toString()).toBe('5001 games\n0 root\n');
    converges(user({ name: 'ada', group: 'ada' }));
  });

  it('makes a missing home directory of an existing user on request', () => {
    root.sh('mv /srv/homes/ada /srv/homes/old');
    converges(user({ name: 'ada', home: '/srv/homes/ada', createHome: true, homeMode: '0750' }));
    expect(root.sh('stat -c "%a %U" /srv/homes/ada').stdout.toString()).toBe('750 ada\n');
  });

  it('refuses a home directory whose parent does not exist', () => {
    expect(root.apply(user({ name: 'bob', home: '/nowhere/bob' }), base, tools).plan).toMatchObject({ result: 'refused' });
  });

  it('removes a user with the home directory', () => {
    converges(user({ name: 'ada', state: 'absent', removeHome: true }));
    expect(root.sh('ls /srv/homes').stdout.toString()).toBe('old\n');
    expect(line('group', 'ada')).toBe('');
    expect(line('shadow', 'ada')).toBe('');
  });

  it('does not remove a home directory that belongs to somebody else', () => {
    converges(user({ name: 'eve', uid: 6001 }));
    root.sh('chown root /home/eve');
    expect(root.apply(user({ name: 'eve', state: 'absent', removeHome: true }), base, tools).failure).toContain(
      '/home/eve does not belong to eve',
    );
    expect(line('passwd', 'eve')).not.toBe('');
  });

  it('fails on a number that is taken', () => {
    expect(root.apply(user({ name: 'twin', uid: 6001 }), base, tools).failure).toMatch(/6001/);
  });

  it('leaves owner and mode of the account files as they were', () => {
    expect(root.sh('stat -c "%a %U %G" /etc/passwd /etc/group /etc/shadow').stdout.toString()).toBe(
      '644 root root\n644 root root\n640 root shadow\n',
    );
  });
});
