import fc from 'fast-check';

/**
 * Groups whose hosts are not in the order of the file, in two groups, in a group below another, in none. Only one group has children: of several,
 * Ansible counts the hosts below them in an order that is another one in each run.
 */
export const PATTERN_INVENTORY = `lonely
[web]
web3
web1
web2
[canary]
web2
db03
[db]
db[01:04]
[prod:children]
db
web
[mail]
mx[1:2].example.com
[none]
`;

const sliced = fc.constantFrom('[0]', '[1]', '[-1]', '[0:1]', '[1:]', '[1:2]', '');

/** No slices of globs that match both a group and its hosts: Ansible counts such hosts twice. */
const name = fc.oneof(
  fc.tuple(fc.constantFrom('web', 'db', 'prod', 'all', 'db0*'), sliced).map((parts) => parts.join('')),
  fc.constantFrom('web1', 'db02', 'lonely', 'mx1.example.com', 'canary', 'mail', 'none', 'w*', '*2*', 'mx?.example.com'),
  fc.constantFrom('~web[12]', '~(db|mx).*', '~.*3$'),
);

const term = fc.tuple(fc.constantFrom('', '', '&', '!'), name).map((parts) => parts.join(''));

/** Patterns of up to five terms, all of whose names are in PATTERN_INVENTORY. */
export const patterns: fc.Arbitrary<string> = fc
  .tuple(fc.array(term, { minLength: 1, maxLength: 5 }), fc.constantFrom(':', ','))
  .map(([terms, separator]) => terms.join(separator));
