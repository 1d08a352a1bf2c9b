// thread: any

/** Lets one task at a time do something. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all before it are done, however they ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
