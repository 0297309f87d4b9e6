import type { FactState } from '../model/fact.ts';
import type { NoticeFact } from '../model/notice-fact.ts';
import { noticeFile } from '../shell/notice.ts';
import { quote } from '../shell/quote.ts';
import { type FactReader, known } from './reader.ts';

/** Handlers that an earlier run notified and did not get to. Read by the shell itself. */
export const noticeReader: FactReader<'notice'> = {
  kind: 'notice',
  script: (requests, base) =>
    `for p in ${requests.map(({ key }) => quote(noticeFile(key, base))).join(' ')}; do l=; { [ ! -f "$p" ] || read -r l <"$p"; } 2>/dev/null; printf '%s\\n' "$l"; done`,
  parse(pieces, requests) {
    const lines = (pieces[0]?.toString('utf8') ?? '').split('\n');
    return new Map(
      requests.flatMap(({ key }, index): [string, FactState<NoticeFact>][] => {
        const line = lines[index];
        if (line === undefined || index >= lines.length - 1) return [];
        const [run = '', ...by] = line.split(' ');
        return [[key, known({ kept: line !== '', by: by.join(' '), run })]];
      }),
    );
  },
};
