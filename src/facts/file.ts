import type { FactState, FileFact } from '../model/fact.ts';
import { Pieces, parseChunk } from './file-parse.ts';
import { chunksOf, fileScript } from './file-script.ts';
import type { FactReader } from './reader.ts';

/** What is at a path. Key: the absolute path. */
export const fileReader: FactReader<'file'> = {
  kind: 'file',
  script: (requests, base) => fileScript(chunksOf(requests), base.busybox),
  parse(pieces, requests, base) {
    const all = new Pieces(pieces);
    return new Map<string, FactState<FileFact>>(chunksOf(requests).flatMap((chunk) => parseChunk(all, chunk, base.busybox)));
  },
};
