/** Lets one in at a time, in the order of asking. */
export class Mutex {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when everybody who asked before has left, to what the caller leaves by; leaving twice is leaving once. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = withResolver();
    this.#last = promise;
    await before;
    return resolve;
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
