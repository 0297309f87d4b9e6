import { type BaseFacts, type FactKind, type FactRequest, type FactState, factId } from '../model/fact.ts';
import type { ReadBatch } from '../model/ports.ts';
import { quote } from '../shell/quote.ts';
import type { FactReader } from './reader.ts';
import { factReaders } from './registry.ts';

/** Merges requests for the same fact: the one that needs most wins. */
export function mergeRequests(requests: readonly FactRequest[]): FactRequest[] {
  const merged = new Map<string, FactRequest>();
  for (const request of requests) {
    const id = factId(request);
    const other = merged.get(id);
    merged.set(id, other === undefined ? request : mergeTwo(other, request));
  }
  return [...merged.values()];
}

function mergeTwo(a: FactRequest, b: FactRequest): FactRequest {
  const content = mergeContent(a.content, b.content);
  const candidate = a.candidate === true || b.candidate === true;
  return { kind: a.kind, key: a.key, ...(content === undefined ? {} : { content }), ...(candidate ? { candidate } : {}) };
}

function mergeContent(a: FactRequest['content'], b: FactRequest['content']): FactRequest['content'] {
  if (a === undefined || b === undefined) return a ?? b;
  if (a === 'always' || b === 'always') return 'always';
  return a.unless === b.unless ? a : 'always';
}

/** Compiles all requests into one read-only script. `nonce` separates the pieces of output: random, new for each batch. */
export function compileRead(requests: readonly FactRequest[], base: BaseFacts, nonce: string): ReadBatch {
  const merged = mergeRequests(requests);
  const fragments = fragmentsOf(merged, base, nonce);
  const text = [`M=${quote(nonce)}; mark() { printf '\\n%s\\n' "$M"; }`, ...fragments.map((part) => part.text), ''].join('\n');
  return {
    script: { kind: 'read', text },
    parse: (stdout) => parseSections(splitAt(stdout, nonce), fragments, merged),
  };
}

interface Fragment {
  readonly kind: FactKind;
  /** The piece of output that begins this kind's section. */
  readonly header: string;
  readonly text: string;
  parse(pieces: readonly Buffer[]): ReadonlyMap<string, FactState>;
}

function fragmentsOf(merged: readonly FactRequest[], base: BaseFacts, nonce: string): Fragment[] {
  return Object.values(factReaders).flatMap((reader) => fragment(reader, { merged, base, nonce }));
}

/** One kind's part of the batch; none when nothing of that kind is asked for. */
function fragment<K extends FactKind>(
  reader: FactReader<K>,
  { merged, base, nonce }: { merged: readonly FactRequest[]; base: BaseFacts; nonce: string },
): Fragment[] {
  const own = merged.filter((request): request is FactRequest<K> => request.kind === reader.kind);
  if (own.length === 0) return [];
  // The nonce keeps a file whose bytes read like a header from being taken for one.
  const header = `${nonce}:${reader.kind}`;
  const text = `mark; printf '%s' ${quote(header)}; mark\n{ ${reader.script(own, base)}\n} </dev/null`;
  return [{ kind: reader.kind, header, text, parse: (pieces) => reader.parse(pieces, own, base) }];
}

/** Splits output at the separator lines. */
export function splitAt(output: Buffer, nonce: string): Buffer[] {
  const separator = Buffer.from(`\n${nonce}\n`);
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = output.indexOf(separator); at !== -1; at = output.indexOf(separator, from)) {
    pieces.push(output.subarray(from, at));
    from = at + separator.length;
  }
  pieces.push(output.subarray(from));
  return pieces;
}

function parseSections(
  pieces: readonly Buffer[],
  fragments: readonly Fragment[],
  requests: readonly FactRequest[],
): Map<string, FactState> {
  const facts = new Map<string, FactState>();
  for (const part of fragments) {
    const start = pieces.findIndex((piece) => piece.length === part.header.length && piece.toString() === part.header);
    const rest = start === -1 ? [] : pieces.slice(start + 1);
    const end = rest.findIndex((piece) => piece.length < 100 && fragments.some((other) => piece.toString() === other.header));
    for (const [key, state] of part.parse(end === -1 ? rest : rest.slice(0, end))) facts.set(factId({ kind: part.kind, key }), state);
  }
  for (const request of requests) {
    const id = factId(request);
    if (!facts.has(id)) facts.set(id, { state: 'unreadable', reason: `the host printed nothing about ${request.kind} ${request.key}` });
  }
  return facts;
}
