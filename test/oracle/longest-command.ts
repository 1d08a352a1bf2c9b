// thread: any

/** Limits of the wire: `add` has 16 bits, `interval` 32. */
const ADD_MIN = -32768;
const ADD_MAX = 32767;
const INTERVAL_MAX = 4294967295;

/**
 * Whether some `queue_step` that counts from `clock` makes all steps that are due at `due` (ticks), each early by at most
 * `maxEarly` and by half the time since the step before it, none late. Every `add` that the first and the last step leave
 * over is tried, with all its intervals at once: slow, and sure.
 */
export function isOneCommand(clock: number, due: readonly number[], maxEarly: number): boolean {
  const high = due.map((time) => time - clock);
  const low = high.map(
    (time, k) => time - Math.min(maxEarly, Math.floor((time - (k === 0 ? 0 : (high[k - 1] ?? 0))) / 2)),
  );
  const n = high.length;
  const [firstLow = 0] = low;
  const [firstHigh = 0] = high;
  if (n === 1) return firstHigh >= 1 && firstLow <= INTERVAL_MAX;
  const slack = 1e-6;
  const half = (n - 1) / 2;
  const least = Math.max(ADD_MIN, Math.ceil(((low[n - 1] ?? 0) / n - firstHigh) / half - slack));
  const most = Math.min(ADD_MAX, Math.floor(((high[n - 1] ?? 0) / n - firstLow) / half + slack));
  for (let add = least; add <= most; add++) {
    let from = 1;
    let to = INTERVAL_MAX;
    for (let k = 1; k <= n && from <= to; k++) {
      const bend = (add * k * (k - 1)) / 2;
      from = Math.max(from, Math.ceil(((low[k - 1] ?? 0) - bend) / k));
      to = Math.min(to, Math.floor(((high[k - 1] ?? 0) - bend) / k));
    }
    if (from <= to) return true;
  }
  return false;
}
