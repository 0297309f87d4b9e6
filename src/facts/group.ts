import { LOOKUP, lookup, parseGroups } from './account.ts';
import { type FactReader, known } from './reader.ts';

/** A group. Key: its name. */
export const groupReader: FactReader<'group'> = {
  kind: 'group',
  script: (requests) =>
    [
      LOOKUP,
      lookup(
        'group',
        requests.map((request) => request.key),
      ),
    ].join('\n'),
  parse(pieces, requests) {
    const [output] = pieces;
    if (output === undefined) return new Map();
    const groups = parseGroups(output.toString('utf8'));
    return new Map(
      requests.map(({ key }) => {
        const group = groups.get(key);
        return [key, known({ exists: group !== undefined, gid: group?.gid ?? null })];
      }),
    );
  },
};
