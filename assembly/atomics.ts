// Indexes that another thread reads: atomic where the memory is shared, plain where it is not.

@final
export class Shared {
  @inline
  static load(at: usize): u32 {
    return ASC_FEATURE_THREADS ? atomic.load<u32>(at) : load<u32>(at);
  }

  @inline
  static store(at: usize, value: u32): void {
    if (ASC_FEATURE_THREADS) atomic.store<u32>(at, value);
    else store<u32>(at, value);
  }
}
