import { type Cut, cutText, type OwnName } from './tokens.ts';
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
  const [text, figure, digest] = [texts.values(), figures.values(), digests.values()];
  return walk(frame, {
    text: () => text.next().value ?? '',
    number: () => number(text.next().value ?? ''),
    figure: () => figure.next().value ?? 0,
    digest: () => digest.next().value ?? '',
  });
}

/** Texts as they are on one host or on several, cut into tokens. */
export interface Raw {
  readonly cuts: readonly Cut[];
  /** All tokens in order. */
  readonly tokens: readonly string[];
  /** Number of hosts that have them. */
  hosts: number;
  /** Where only one host has them: that host's name. */
  name: OwnName | null;
}

/** Cuts the texts of a host. */
export function rawOf(texts: readonly string[], name: OwnName): Raw {
  const cuts = texts.map(cutText);
  return { cuts, tokens: cuts.flatMap(({ tokens }) => tokens), hosts: 1, name };
}
