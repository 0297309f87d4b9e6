/** Lets only so many through at a time, each where it wants to go and in all; the others wait in the order in which they came. */
export class Turnstile {
  readonly #limits: { readonly each: number; readonly all: number };
  readonly #inside = new Map<string, number>();
  readonly #waiting: { readonly where: string; readonly enter: () => void }[] = [];
  #count = 0;

  constructor(limits: { readonly each: number; readonly all: number }) {
    this.#limits = limits;
  }

  /** Does the work when there is room for it. */
  async through<T>(where: string, work: () => Promise<T>): Promise<T> {
    if (!this.#hasRoom(where)) await new Promise<void>((enter) => this.#waiting.push({ where, enter }));
    else this.#enter(where);
    try {
      return await work();
    } finally {
      this.#leave(where);
    }
  }

  #hasRoom(where: string): boolean {
    return this.#count < this.#limits.all && (this.#inside.get(where) ?? 0) < this.#limits.each;
  }

  #enter(where: string): void {
    this.#count += 1;
    this.#inside.set(where, (this.#inside.get(where) ?? 0) + 1);
  }

  #leave(where: string): void {
    this.#count -= 1;
    const left = (this.#inside.get(where) ?? 1) - 1;
    if (left === 0) this.#inside.delete(where);
    else this.#inside.set(where, left);
    const next = this.#waiting.findIndex((each) => this.#hasRoom(each.where));
    const [one] = next === -1 ? [] : this.#waiting.splice(next, 1);
    if (one === undefined) return;
    this.#enter(one.where);
    one.enter();
  }
}
