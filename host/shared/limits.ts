// thread: any

/** What a number must keep to. `min` and `max` are allowed themselves, `above` and `below` are not. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
  /** One sentence for the configuration reference. */
  readonly help?: string;
}

/** The first limit that `value` breaks: a text that completes "... is 5, " and the limit itself. */
export function brokenLimit(
  value: number,
  limits: Limits,
  unit = "",
): { readonly text: string; readonly limit: number } | undefined {
  const { min, max, above, below } = limits;
  if (min !== undefined && !(value >= min)) return { text: `below the minimum ${min}${unit}`, limit: min };
  if (above !== undefined && !(value > above)) return { text: `but must be above ${above}${unit}`, limit: above };
  if (max !== undefined && !(value <= max)) return { text: `above the maximum ${max}${unit}`, limit: max };
  if (below !== undefined && !(value < below)) return { text: `but must be below ${below}${unit}`, limit: below };
  return undefined;
}

/** The values that keep to `limits`, to complete "set speed to ...". */
export function allowedValues(limits: Limits, unit = ""): string {
  const { min, max, above, below } = limits;
  if (min !== undefined && max !== undefined) return `a value from ${min} to ${max}${unit}`;
  const low = min !== undefined ? `of at least ${min}` : above !== undefined ? `above ${above}` : undefined;
  const high = max !== undefined ? `of at most ${max}` : below !== undefined ? `below ${below}` : undefined;
  const bounds = [low, high].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? "a number" : `a value ${bounds.join(" and ")}${unit}`;
}

/** Some value that keeps to `limits`, to go on with when the real one is wrong: near zero where possible. */
export function placeholderFor(limits: Limits): number {
  const { min, max, above, below } = limits;
  const low = min ?? above;
  const high = max ?? below;
  const isLowFine = low === undefined || (min !== undefined ? low <= 0 : low < 0);
  const isHighFine = high === undefined || (max !== undefined ? high >= 0 : high > 0);
  if (isLowFine && isHighFine) return 0;
  if (low !== undefined && high !== undefined) return (low + high) / 2;
  return low !== undefined ? low + 1 : (high ?? 0) - 1;
}
