import type { Child } from './markup.ts';
import { html } from './markup.ts';

/** A piece of a folded text: as it is on the first host of its group, and the label of the hole that it fills there. */
export interface HolePiece {
  readonly text: string;
  readonly hole: string | null;
}

/** A text of a group: with its marks, and as it is on the group's first host. Where both are the same, what looks like a mark is none. */
export interface Holed {
  readonly shown: string;
  readonly own: string;
}

/** What the first host of a group has in each hole, by label. */
export type FirstValues = ReadonlyMap<string, string>;

const MARK = /‹([^‹›\n]*)›/;

/** The pieces of a text of a group. */
export function piecesOf({ shown, own }: Holed, values: FirstValues): readonly HolePiece[] {
  if (shown === own) return [{ text: shown, hole: null }];
  // Odd ones are the labels.
  return shown.split(MARK).flatMap((text, index): readonly HolePiece[] => {
    if (index % 2 === 0) return text === '' ? [] : [{ text, hole: null }];
    return [{ text: values.get(text) ?? `‹${text}›`, hole: values.has(text) ? text : null }];
  });
}

/** A text of a group with its holes marked, each hole so that the page's script can fill it. */
export function holedText(text: Holed, values: FirstValues): Child {
  return piecesOf(text, values).map((piece) => (piece.hole === null ? piece.text : holeMark(piece.hole)));
}

/** The place of a hole. */
export function holeMark(label: string): Child {
  return html`<mark data-l="${label}">‹${label}›</mark>`;
}
