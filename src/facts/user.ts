import type { FactState, UserFact } from '../model/fact.ts';
import { type GroupEntry, LOOKUP, lookup, type PasswdEntry, parseGroups, parsePasswd } from './account.ts';
import { type FactReader, known } from './reader.ts';

const ABSENT: UserFact = { exists: false, uid: null, group: null, groups: [], comment: null, home: null, shell: null };

/**
 * A user. Key: the login name. Supplementary groups come from one pass over all groups; the primary groups are asked for by number too,
 * because a directory service may not list its groups.
 */
export const userReader: FactReader<'user'> = {
  kind: 'user',
  script(requests) {
    const names = requests.map((request) => request.key);
    return [
      LOOKUP,
      `p=$(${lookup('passwd', names)})`,
      `printf '%s\\n' "$p"; mark`,
      'lookup group',
      // Without a process: the lines' fourth fields.
      `g=; set -f; IFS='\n'; for l in $p; do l=\${l#*:*:*:}; g="$g \${l%%:*}"; done; unset IFS; set +f`,
      '[ -z "$g" ] || ! command -v getent >/dev/null 2>&1 || getent group $g 2>/dev/null',
    ].join('\n');
  },
  parse(pieces, requests) {
    const [passwd, group] = pieces.map((piece) => piece.toString('utf8'));
    if (passwd === undefined || group === undefined) return new Map();
    const users = parsePasswd(passwd);
    const groups = [...parseGroups(group).values()];
    return new Map(requests.map(({ key }) => [key, factOf(users.get(key), groups)]));
  },
};

function factOf(user: PasswdEntry | undefined, groups: readonly GroupEntry[]): FactState<UserFact> {
  if (user === undefined) return known(ABSENT);
  const { name, uid, gid, comment, home, shell } = user;
  return known({
    exists: true,
    uid,
    group: groups.find((group) => group.gid === gid)?.name ?? String(gid),
    groups: groups
      .filter((group) => group.members.includes(name))
      .map((group) => group.name)
      .sort(),
    comment,
    home,
    shell,
  });
}
