// thread: machine

/** More than these wait only when something asks for changes faster than the pin may change. */
const CAPACITY = 64;
const MASK = CAPACITY - 1;

/** Orders for one pin that have not left yet, in the order of their times. Fixed size: makes no garbage. */
export class PendingOrders {
  readonly #dues = new Float64Array(CAPACITY);
  readonly #powers = new Float64Array(CAPACITY);
  readonly #values = new Float64Array(CAPACITY);
  /** 1 for the order that ends a kick start. */
  readonly #afterKick = new Uint8Array(CAPACITY);
  #first = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === CAPACITY;
  }

  /** Print time in s, power and published value of the oldest order; NaN when there is none. */
  get firstDue(): number {
    return this.#count === 0 ? Number.NaN : (this.#dues[this.#first] ?? Number.NaN);
  }

  get firstPower(): number {
    return this.#powers[this.#first] ?? Number.NaN;
  }

  get firstValue(): number {
    return this.#values[this.#first] ?? Number.NaN;
  }

  /** The same of the youngest. */
  get lastDue(): number {
    return this.#count === 0 ? Number.NaN : (this.#dues[this.#last] ?? Number.NaN);
  }

  get lastValue(): number {
    return this.#values[this.#last] ?? Number.NaN;
  }

  get isLastAfterKick(): boolean {
    return this.#afterKick[this.#last] === 1;
  }

  /** Time of the order before the youngest; NaN when there is none. */
  get dueBeforeLast(): number {
    return this.#count < 2 ? Number.NaN : (this.#dues[(this.#last - 1) & MASK] ?? Number.NaN);
  }

  /** Puts an order behind the others; the caller has made sure that there is room. */
  push(due: number, power: number, value: number, isAfterKick: boolean): void {
    this.#count++;
    this.replaceLast(due, power, value, isAfterKick);
  }

  replaceLast(due: number, power: number, value: number, isAfterKick: boolean): void {
    const at = this.#last;
    this.#dues[at] = due;
    this.#powers[at] = power;
    this.#values[at] = value;
    this.#afterKick[at] = isAfterKick ? 1 : 0;
  }

  dropFirst(): void {
    this.#first = (this.#first + 1) & MASK;
    this.#count--;
  }

  clear(): void {
    this.#count = 0;
  }

  get #last(): number {
    return (this.#first + this.#count - 1) & MASK;
  }
}
