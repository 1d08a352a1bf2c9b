// thread: any
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A finite number written as decimal, with or without an exponent; `undefined` for any other text. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  const value = DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** A whole number without decimals or exponent; `undefined` for any other text. */
export function parseInteger(text: string): number | undefined {
  const trimmed = text.trim();
  const value = /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) + 0 : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
