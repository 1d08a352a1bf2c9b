// thread: any

interface Waiter<T> {
  readonly owner: T;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One owner at a time, in the order of asking. */
export class FifoLock<T> {
  #owner: T | undefined;
  readonly #waiters: Waiter<T>[] = [];

  /** Who has the lock. */
  get owner(): T | undefined {
    return this.#owner;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Takes the lock; a promise is returned only when there is something to wait for. */
  acquire(owner: T): Promise<void> | undefined {
    if (this.#owner === undefined) {
      this.#owner = owner;
      return undefined;
    }
    return new Promise((resolve, reject) => this.#waiters.push({ owner, resolve, reject }));
  }

  /** Gives the lock to the one who has waited longest. */
  release(): void {
    const next = this.#waiters.shift();
    this.#owner = next?.owner;
    next?.resolve();
  }

  /** Those who wait and match no longer do: their promises reject with `reason`. */
  dismiss(reason: (owner: T) => unknown, matches: (owner: T) => boolean): void {
    const dismissed = this.#waiters.filter(({ owner }) => matches(owner));
    for (const waiter of dismissed) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.reject(reason(waiter.owner));
    }
  }
}
