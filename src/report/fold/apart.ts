import type { Visitor } from './walk.ts';

/** A record taken apart: what is compared as it is, its texts, and what is never compared. */
export interface Apart<T> {
  readonly frame: T;
  readonly texts: readonly string[];
  readonly figures: readonly number[];
  readonly digests: readonly string[];
}

/** Goes over a record with a visitor. */
export type Walk<T> = (record: T, visitor: Visitor) => T;

/** Takes a record apart. */
export function takeApart<T>(record: T, walk: Walk<T>): Apart<T> {
  const texts: string[] = [];
  const figures: number[] = [];
  const digests: string[] = [];
  const frame = walk(record, {
    text: (text) => blank(texts, text, ''),
    number: (number) => blank(texts, String(number), 0),
    figure: (figure) => blank(figures, figure, 0),
    digest: (digest) => blank(digests, digest, ''),
  });
  return { frame, texts, figures, digests };
}

function blank<T, B>(kept: T[], value: T, instead: B): B {
  kept.push(value);
  return instead;
}

/** A record as it was; `number` says what stands for the text of a number. */
export function putTogether<T>({ frame, texts, figures, digests }: Apart<T>, walk: Walk<T>, number: (text: string) => string | number): T {
  let [text, figure, digest] = [0, 0, 0];
  return walk(frame, {
    text: () => texts[text++] ?? '',
    number: () => number(texts[text++] ?? ''),
    figure: () => figures[figure++] ?? 0,
    digest: () => digests[digest++] ?? '',
  });
}
