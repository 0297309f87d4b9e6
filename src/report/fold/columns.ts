import { putTogether, type Walk } from './apart.ts';
import type { Filling, FoldedText, Hole, Template } from './fold.ts';
import { HOLE_MARK, ownName } from './tokens.ts';

/** What the hosts of a group have in one hole of a template. */
export interface Column {
  /** In the order of the group's hosts. */
  readonly values: readonly string[];
  /** Label of a hole of the group; null where all hosts have the same value. */
  readonly label: string | null;
  /** Whether the values are the names of the hosts. */
  readonly name: 'host' | 'short' | null;
}

/** The holes of a group of hosts: places at which each host has the same value share one. */
export class GroupHoles {
  readonly #names: ReadonlyMap<string, 'host' | 'short'>;
  readonly #holes = new Map<string, Hole>();

  constructor(hosts: readonly string[]) {
    const shorts = hosts.map((host) => ownName(host).short ?? host);
    this.#names = new Map([
      [keyOf(shorts), 'short'],
      [keyOf(hosts), 'host'],
    ]);
  }

  /** Columns of a template, from what each host has in it. */
  columnsOf({ holes }: Template<unknown>, fillings: readonly Filling[]): readonly Column[] {
    return Array.from({ length: holes }, (_, hole) => this.#columnOf(fillings.map(({ values }) => values[hole] ?? '')));
  }

  /** Holes that columns were made for, names of hosts first. */
  get all(): readonly Hole[] {
    const holes = [...this.#holes.values()];
    const isNumber = ({ label }: Hole): boolean => /\d/.test(label);
    return [...holes.filter((hole) => !isNumber(hole)), ...holes.filter(isNumber)];
  }

  #columnOf(values: readonly string[]): Column {
    const name = this.#names.get(keyOf(values)) ?? null;
    const isShared = values.every((value) => value === values[0]);
    return { values, name, label: isShared ? null : this.#labelOf(values, name) };
  }

  #labelOf(values: readonly string[], name: string | null): string {
    const key = keyOf(values);
    const numbered = [...this.#holes.values()].filter(({ label }) => /\d/.test(label)).length;
    const hole = this.#holes.get(key) ?? { label: name ?? String(numbered + 1), values };
    this.#holes.set(key, hole);
    return hole.label;
  }
}

function keyOf(values: readonly string[]): string {
  return values.join('\u0000');
}

/** A record as it is shown for the hosts of a group: marks in its holes, figures of the first host. */
export function showRecord<T>(template: Template<T>, columns: readonly Column[], { figures, digests }: Filling, walk: Walk<T>): T {
  const show = (text: FoldedText): string =>
    text.map((piece) => (typeof piece === 'string' ? piece : markOf(columns[piece.hole]))).join('');
  const apart = { frame: template.frame, texts: template.texts.map(show), figures, digests };
  return putTogether(apart, walk, (text) => (text.includes(HOLE_MARK) ? text : Number(text)));
}

function markOf(column: Column | undefined): string {
  if (column === undefined) return '';
  return column.label === null ? (column.values[0] ?? '') : `${HOLE_MARK}${column.label}›`;
}
