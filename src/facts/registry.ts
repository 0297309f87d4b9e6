import type { FactKind } from '../model/fact.ts';
import { fileReader } from './file.ts';
import type { FactReader } from './reader.ts';

/** The reader of every kind of fact, in the order in which they are read. */
export const factReaders: { readonly [K in FactKind]: FactReader<K> } = {
  file: fileReader,
};
