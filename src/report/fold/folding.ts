import type { Filling, Template } from './fold.ts';
import { groupBy } from './group-by.ts';
import { templateOf } from './holes.ts';
import { partition } from './places.ts';
import { type Raw, rawOf, takeApart, type Walk } from './raw.ts';
import type { OwnName } from './tokens.ts';

/** A record of a host, and what it must have in common with those that it may be folded with, besides its structure. */
export interface Occurrence<T> {
  readonly record: T;
  readonly name: OwnName;
  readonly key: string;
}

/** Records folded: the distinct ones, and what each record has in its. */
export interface Folded<T> {
  readonly templates: readonly Template<T>[];
  /** In the order of the records. */
  readonly fillings: readonly Filling[];
}

/** Texts of the same frame and key. */
interface Known<T> {
  readonly raw: Raw;
  readonly frame: T;
  readonly structure: string;
}

/** Folds records: those that differ only in values of their hosts share a template. About linear in their text. */
export function foldRecords<T>(records: readonly Occurrence<T>[], walk: Walk<T>): Folded<T> {
  const known = new Map<string, Known<T>>();
  const parts = records.map(({ record, name, key }) => {
    const { frame, texts, figures, digests } = takeApart(record, walk);
    const shape = `${key}\n${JSON.stringify(frame)}`;
    const text = `${shape}\n${texts.map(({ length }) => length).join()}\n${texts.join('')}`;
    const same = known.get(text);
    const own = same ?? knownOf(rawOf(texts, name), frame, shape);
    if (same === undefined) known.set(text, own);
    else join(same.raw);
    return { raw: own.raw, figures, digests };
  });
  const { templates, fillings } = makeTemplates([...known.values()]);
  return {
    templates,
    fillings: parts.map(({ raw, figures, digests }) => ({ ...(fillings.get(raw) ?? NONE), figures, digests })),
  };
}

const NONE: Pick<Filling, 'template' | 'values'> = { template: 0, values: [] };

function knownOf<T>(raw: Raw, frame: T, shape: string): Known<T> {
  return { raw, frame, structure: `${shape}\n${JSON.stringify(raw.cuts.map(({ separators }) => separators))}` };
}

/** What several hosts have alike holds the name of none of them. */
function join(raw: Raw): void {
  raw.hosts += 1;
  raw.name = null;
}

interface Made<T> {
  readonly templates: readonly Template<T>[];
  readonly fillings: ReadonlyMap<Raw, Pick<Filling, 'template' | 'values'>>;
}

function makeTemplates<T>(known: readonly Known<T>[]): Made<T> {
  const templates: Template<T>[] = [];
  const fillings = new Map<Raw, Pick<Filling, 'template' | 'values'>>();
  for (const alike of groupBy(known, ({ structure }) => structure)) {
    const [first] = alike;
    if (first === undefined) continue;
    for (const part of partition(alike.map(({ raw }) => raw))) {
      const { texts, holes, values } = templateOf(part);
      for (const [index, raw] of part.raws.entries()) fillings.set(raw, { template: templates.length, values: values[index] ?? [] });
      templates.push({ frame: first.frame, texts, holes });
    }
  }
  return { templates, fillings };
}
