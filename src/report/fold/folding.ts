import { takeApart, type Walk } from './apart.ts';
import type { Filling, Template } from './fold.ts';
import { groupBy } from './group-by.ts';
import { holedTexts } from './holes.ts';
import { partition } from './places.ts';
import { type Raw, TextTable } from './raw.ts';
import { type OwnName, withName } from './tokens.ts';

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

/** Texts with what else their record holds. */
interface Known<T> {
  readonly raw: Raw;
  readonly frame: T;
  readonly structure: string;
}

/** Folds records: those that differ only in values of their hosts share a template. About linear in their text. */
export function foldRecords<T>(records: readonly Occurrence<T>[], walk: Walk<T>): Folded<T> {
  const table = new TextTable();
  const known = new Map<string, Known<T>>();
  const parts = records.map(({ record, name, key }) => {
    const { frame, texts, figures, digests } = takeApart(record, walk);
    const cut = texts.map((text) => table.add(text, name));
    const shape = `${key}\n${JSON.stringify(frame)}`;
    const text = `${cut.map(({ id }) => id).join()}\n${shape}`;
    const alike = known.get(text)?.raw ?? { texts: cut.map(({ lines }) => lines), lines: cut.flatMap(({ lines }) => lines), hosts: [] };
    alike.hosts.push(name);
    if (alike.hosts.length === 1) {
      known.set(text, { raw: alike, frame, structure: `${cut.map(({ structure }) => structure).join()}\n${shape}` });
    }
    return { raw: alike, name, figures, digests };
  });
  const { templates, places } = makeTemplates([...known.values()]);
  const fillings = parts.map(({ raw, name, figures, digests }) => {
    const { template, values } = places.get(raw) ?? { template: 0, values: [] };
    return { template, values: values.map((value) => withName(value, name)), figures, digests };
  });
  return { templates, fillings };
}

interface Made<T> {
  readonly templates: readonly Template<T>[];
  readonly places: ReadonlyMap<Raw, Pick<Filling, 'template' | 'values'>>;
}

function makeTemplates<T>(known: readonly Known<T>[]): Made<T> {
  const templates: Template<T>[] = [];
  const places = new Map<Raw, Pick<Filling, 'template' | 'values'>>();
  for (const alike of groupBy(known, ({ structure }) => structure)) {
    const [first] = alike;
    if (first === undefined) continue;
    for (const part of partition(alike.map(({ raw }) => raw))) {
      const { texts, holes, values } = holedTexts(part);
      for (const [index, raw] of part.raws.entries()) places.set(raw, { template: templates.length, values: values[index] ?? [] });
      templates.push({ frame: first.frame, texts, holes });
    }
  }
  return { templates, places };
}
