import { createHash } from 'node:crypto';
import type { Content } from '../model/content.ts';
import type { FactRequest, FactState, FileFact } from '../model/fact.ts';
import { READ_LIMIT } from './file-script.ts';
import { known, unreadable } from './reader.ts';

/** Hands out the pieces of a fragment's output, one after the other. */
export class Pieces {
  readonly #pieces: readonly Buffer[];
  #next = 0;

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces;
  }

  take(): Buffer {
    const piece = this.#pieces[this.#next] ?? Buffer.alloc(0);
    this.#next += 1;
    return piece;
  }
}

interface Metadata {
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  readonly what: string;
}

interface Chunk {
  readonly metadata: ReadonlyMap<string, Metadata>;
  readonly links: ReadonlyMap<string, string>;
  /** By the path's place in the chunk. */
  readonly contents: ReadonlyMap<number, Content>;
}

const CHANGED = 'it changed while it was being read';

/** States of a chunk's paths, from the pieces that its part of the fragment printed. */
export function parseChunk(
  pieces: Pieces,
  requests: readonly FactRequest<'file'>[],
  busybox: boolean,
): readonly (readonly [string, FactState<FileFact>])[] {
  const paths = requests.map((request) => request.key);
  const letters = pieces.take().toString('latin1').trimEnd();
  if (letters.length !== paths.length) return [];
  const metadata = parseStats(pieces.take().toString('utf8'), paths);
  const linked = paths.filter((_, index) => 'lL'.includes(letters[index] ?? '?'));
  const links = busybox ? busyboxLinks(pieces, linked) : plainLinks(pieces.take().toString('utf8'), linked);
  const digests = pieces.take().toString('latin1');
  const contents = parseContents(digests, { bytes: pieces.take(), paths, metadata });
  return paths.map((path, index) => [path, stateOf(letters[index] ?? '?', { path, index, chunk: { metadata, links, contents } })]);
}

function stateOf(letter: string, { path, index, chunk }: { path: string; index: number; chunk: Chunk }): FactState<FileFact> {
  if (letter === 'a') return known({ type: 'absent' });
  if (letter === 'u') return unreadable('permission denied on a directory above it');
  if (letter === 'x') return unreadable('permission denied');
  const metadata = chunk.metadata.get(path);
  if (metadata === undefined) return unreadable(CHANGED);
  const { mode, owner, group, what } = metadata;
  switch (letter) {
    case 'd':
      return known({ type: 'directory', mode, owner, group });
    case 'l':
    case 'L': {
      const target = chunk.links.get(path);
      return target === undefined ? unreadable(CHANGED) : known({ type: 'link', target, owner, group, toDirectory: letter === 'L' });
    }
    case 'f':
      return known({ type: 'file', mode, owner, group, content: null });
    case 'F': {
      const content = chunk.contents.get(index);
      return content === undefined ? unreadable(CHANGED) : known({ type: 'file', mode, owner, group, content });
    }
    default:
      return known({ type: 'other', what });
  }
}

/** `%a %u %g %s:%U:%G:%F:%n` (stat(1)); names of users without an entry are shown as their numbers. */
function parseStats(text: string, paths: readonly string[]): Map<string, Metadata> {
  const stats = new Map<string, Metadata>();
  const [alone] = paths;
  const records = paths.length === 1 ? [text] : text.split('\n');
  for (const record of records) {
    const match = /^([0-7]+) (\d+) (\d+) (\d+):([^:]*):([^:]*):([^:]*):([\s\S]*)$/.exec(record);
    if (match === null) continue;
    const [, mode = '', uid = '', gid = '', size = '', user = '', group = '', what = '', path = ''] = match;
    stats.set(paths.length === 1 ? (alone ?? '') : path, {
      mode: mode.padStart(4, '0'),
      owner: user === 'UNKNOWN' ? uid : user,
      group: group === 'UNKNOWN' ? gid : group,
      size: Number(size),
      what,
    });
  }
  return stats;
}

/** NUL after each target; when one has gone meanwhile, none can be told from another. */
function plainLinks(text: string, paths: readonly string[]): Map<string, string> {
  const targets = text.split('\0');
  if (targets.length !== paths.length + 1) return new Map();
  return new Map(paths.map((path, index) => [path, targets[index] ?? '']));
}

/** A piece for each link, then an empty one. */
function busyboxLinks(pieces: Pieces, paths: readonly string[]): Map<string, string> {
  const links = new Map<string, string>();
  for (let piece = pieces.take().toString('utf8'); piece !== ''; piece = pieces.take().toString('utf8')) {
    const path = paths.find((each) => piece.startsWith(`'${each}' -> '`));
    if (path !== undefined) links.set(path, piece.slice(path.length + 7, -1));
  }
  return links;
}

interface Sent {
  readonly bytes: Buffer;
  readonly paths: readonly string[];
  readonly metadata: ReadonlyMap<string, Metadata>;
}

/** Lines `number digest`, and ` +` where the bytes were sent. Bytes that do not have the digest are those of a file that changed meanwhile. */
function parseContents(digests: string, { bytes, paths, metadata }: Sent): Map<number, Content> {
  const contents = new Map<number, Content>();
  let from = 0;
  for (const line of digests.split('\n')) {
    const [number = '', digest = '', sent] = line.split(' ');
    const index = Number(number) - 1;
    const size = metadata.get(paths[index] ?? '')?.size;
    if (!/^[0-9a-f]{64}$/.test(digest) || size === undefined) continue;
    const length = sent === undefined ? 0 : Math.min(size, READ_LIMIT);
    const own = bytes.subarray(from, from + length);
    from += length;
    if (sent === undefined || size > READ_LIMIT) contents.set(index, { kind: 'content', digest, size, bytes: null });
    else if (isDigestOf(digest, own)) contents.set(index, { kind: 'content', digest, size, bytes: Uint8Array.from(own) });
  }
  return contents;
}

function isDigestOf(digest: string, bytes: Buffer): boolean {
  return createHash('sha256').update(bytes).digest('hex') === digest;
}
