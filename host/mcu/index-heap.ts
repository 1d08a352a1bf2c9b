// thread: any

/**
 * Priority queue of small integers (indices of something), each at most once. O(log n), no garbage. Equal keys leave in
 * the order of their second key, so that two runs give the same order.
 */
export class IndexHeap {
  #heap: Int32Array;
  #place: Int32Array;
  #keys: Float64Array;
  #ties: Float64Array;
  #size = 0;

  constructor(capacity = 16) {
    this.#heap = new Int32Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
    this.#keys = new Float64Array(capacity);
    this.#ties = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** The index with the smallest key; -1 when empty. */
  get top(): number {
    return this.#size === 0 ? -1 : (this.#heap[0] ?? -1);
  }

  /** Key of `top`; infinity when empty. */
  get topKey(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.keyOf(this.#heap[0] ?? 0);
  }

  keyOf(index: number): number {
    return this.#keys[index] ?? Number.NaN;
  }

  has(index: number): boolean {
    return (this.#place[index] ?? -1) >= 0;
  }

  /** Puts an index in, or moves it when it is in already. */
  set(index: number, key: number, tie = 0): void {
    if (index >= this.#place.length) this.#grow(index + 1);
    this.#keys[index] = key;
    this.#ties[index] = tie;
    let place = this.#place[index] ?? -1;
    if (place < 0) place = this.#size++;
    this.#put(place, index);
    this.#down(this.#up(place));
  }

  /** Takes an index out; nothing happens when it is not in. */
  remove(index: number): void {
    const place = this.#place[index] ?? -1;
    if (place < 0) return;
    this.#place[index] = -1;
    const last = this.#heap[--this.#size] ?? -1;
    if (place === this.#size) return;
    this.#put(place, last);
    this.#down(this.#up(place));
  }

  /** Takes the top out and returns it; -1 when empty. */
  pop(): number {
    const top = this.top;
    this.remove(top);
    return top;
  }

  clear(): void {
    this.#place.fill(-1);
    this.#size = 0;
  }

  #grow(wanted: number): void {
    const capacity = Math.max(wanted, this.#place.length * 2);
    const place = new Int32Array(capacity).fill(-1);
    place.set(this.#place);
    this.#place = place;
    this.#heap = copyInto(new Int32Array(capacity), this.#heap);
    this.#keys = copyInto(new Float64Array(capacity), this.#keys);
    this.#ties = copyInto(new Float64Array(capacity), this.#ties);
  }

  #put(place: number, index: number): void {
    this.#heap[place] = index;
    this.#place[index] = place;
  }

  #before(a: number, b: number): boolean {
    const keyA = this.#keys[a] ?? 0;
    const keyB = this.#keys[b] ?? 0;
    return keyA < keyB || (keyA === keyB && (this.#ties[a] ?? 0) < (this.#ties[b] ?? 0));
  }

  #up(from: number): number {
    const index = this.#heap[from] ?? 0;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const other = this.#heap[parent] ?? 0;
      if (!this.#before(index, other)) break;
      this.#put(place, other);
      place = parent;
    }
    this.#put(place, index);
    return place;
  }

  #down(from: number): void {
    const index = this.#heap[from] ?? 0;
    let place = from;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#before(this.#heap[child + 1] ?? 0, this.#heap[child] ?? 0)) child++;
      const other = this.#heap[child] ?? 0;
      if (!this.#before(other, index)) break;
      this.#put(place, other);
      place = child;
    }
    this.#put(place, index);
  }
}

function copyInto<T extends Int32Array | Float64Array>(into: T, from: T): T {
  into.set(from);
  return into;
}
