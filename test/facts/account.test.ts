import { describe, expect, it } from 'vitest';
import { groupReader } from '../../src/facts/group.ts';
import { userReader } from '../../src/facts/user.ts';
import { testBase } from '../steps/support/host.ts';

const base = testBase(false);
const pieces = (...texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));

describe('facts of users', () => {
  const passwd =
    "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000:Ada O'First,,,:/home/ada:/bin/sh\nlost:x:7:4242::/:\nada:x:1:1:second::\nbroken\n";
  const groups = 'root:x:0:\nada:x:1000:\nvideo:x:44:bob,ada\naudio:x:29:ada\nadam:x:1001:adam\n';

  it('shows each with the names of all groups, the first entry of a name', () => {
    const facts = userReader.parse(
      pieces(passwd, groups),
      ['ada', 'root', 'lost', 'nobody'].map((key) => ({ kind: 'user' as const, key })),
      base,
    );
    expect(Object.fromEntries(facts)).toEqual({
      ada: {
        state: 'known',
        value: {
          exists: true,
          uid: 1000,
          group: 'ada',
          groups: ['audio', 'video'],
          comment: "Ada O'First,,,",
          home: '/home/ada',
          shell: '/bin/sh',
        },
      },
      root: {
        state: 'known',
        value: { exists: true, uid: 0, group: 'root', groups: [], comment: 'root', home: '/root', shell: '/bin/bash' },
      },
      lost: { state: 'known', value: { exists: true, uid: 7, group: '4242', groups: [], comment: '', home: '/', shell: '' } },
      nobody: { state: 'known', value: { exists: false, uid: null, group: null, groups: [], comment: null, home: null, shell: null } },
    });
  });
});

describe('facts of groups', () => {
  it('shows which exist, with their numbers', () => {
    const facts = groupReader.parse(
      pieces('video:x:44:ada\nroot:x:0:\n'),
      ['video', 'crew'].map((key) => ({ kind: 'group' as const, key })),
      base,
    );
    expect(Object.fromEntries(facts)).toEqual({
      video: { state: 'known', value: { exists: true, gid: 44 } },
      crew: { state: 'known', value: { exists: false, gid: null } },
    });
  });
});
