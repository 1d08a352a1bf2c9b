// Start-up allocation. Everything that lives longer than a call comes from here, once; nothing is ever freed and
// nothing allocates after `seal()`.

let next: usize = (__heap_base + 63) & ~63;
let sealed: bool = false;

/** Address of `bytes` zeroed bytes, aligned to a cache line; 0 when memory is used up or after `seal()`. */
export function take(bytes: usize): usize {
  if (sealed) return 0;
  const at = next;
  const end = at + ((bytes + 63) & ~63);
  if (end < at || end > (<usize>memory.size()) << 16) return 0;
  next = end;
  memory.fill(at, 0, bytes);
  return at;
}

/** Ends the start: `take` refuses from here on. */
export function seal(): void {
  sealed = true;
}

/** Bytes handed out so far, with the module's own data. */
export function used(): usize {
  return next;
}

/** Starts over: all addresses taken so far become invalid. */
export function reset(): void {
  next = (__heap_base + 63) & ~63;
  sealed = false;
}
