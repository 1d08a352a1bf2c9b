// thread: any

/** The board's slots for moves and pin changes that wait for their time. All features share them. */
export class MovePool {
  readonly #count: number;
  readonly #users: (() => void)[] = [];
  #isReady = false;
  #used = 0;
  #peak = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** Slots that the board has; 0 before it is configured. */
  get count(): number {
    return this.#isReady ? this.#count : 0;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Most slots that were ever taken at once. */
  get peak(): number {
    return this.#peak;
  }

  get used(): number {
    this.#settle();
    return this.#used;
  }

  /** Configuration is finished: slots can be taken. */
  open(): void {
    this.#isReady = true;
  }

  /** `settle` gives back slots whose time is past, which their owner may do late. */
  addUser(settle: () => void): void {
    this.#users.push(settle);
  }

  /** Takes a slot; false when there is none. */
  take(): boolean {
    if (this.#used >= this.count) this.#settle();
    if (this.#used >= this.count) return false;
    this.#used++;
    if (this.#used > this.#peak) {
      this.#settle();
      this.#peak = Math.max(this.#peak, this.#used);
    }
    return true;
  }

  give(slots = 1): void {
    this.#used -= slots;
  }

  #settle(): void {
    for (const settle of this.#users) settle();
  }
}
