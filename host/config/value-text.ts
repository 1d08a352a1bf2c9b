// thread: any

/** Why a text is not the value that was asked for: completes "... is 'x', which is not". */
export class Mismatch {
  readonly wanted: string;
  readonly fix: string;

  constructor(wanted: string, fix: string) {
    this.wanted = wanted;
    this.fix = fix;
  }
}

/** Digits may be grouped with single underscores, as in 10_000. */
const DIGITS = "\\d(?:_?\\d)*";
const INTEGER = new RegExp(`^[+-]?${DIGITS}$`);
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, "i");

const TRUE = new Set(["1", "yes", "true", "on"]);
const FALSE = new Set(["0", "no", "false", "off"]);

/** A finite number written as decimal, with or without an exponent. */
export function parseFloatText(text: string): number | Mismatch {
  const trimmed = text.trim();
  const value = DECIMAL.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : Number.NaN;
  if (Number.isFinite(value)) return value;
  if (/^[+-]?\d+,\d+$/.test(trimmed)) return new Mismatch("a number", "write the decimals after a point, not a comma");
  if (/^[+-]?[\d.]+\s*[a-z°%/²]+$/i.test(trimmed)) return new Mismatch("a number", "write the number without a unit");
  return new Mismatch("a number", "write a number such as 12.5");
}

/** A whole number that a double holds exactly. */
export function parseIntText(text: string): number | Mismatch {
  const trimmed = text.trim();
  const value = INTEGER.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : Number.NaN;
  // Adding 0 turns -0 into 0.
  return Number.isSafeInteger(value)
    ? value + 0
    : new Mismatch("a whole number", "write a number without decimals, such as 16");
}

/** `True`, `yes`, `on`, `1` and their opposites, in any case. */
export function parseBoolText(text: string): boolean | Mismatch {
  const word = text.trim().toLowerCase();
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  return new Mismatch("True or False", "write True or False");
}

/** What stands between the elements of a list, and how many there must be. */
export interface ListShape {
  /** Default ",". */
  readonly separator?: string;
  readonly count?: number;
}

function separatorName(separator: string): string {
  if (separator === ",") return "commas";
  if (separator === ":") return "colons";
  return separator === "\n" ? "line ends" : `'${separator}'`;
}

/** Elements without white space around them. One separator at the end is allowed, an empty element is not. */
export function parseListText(text: string, shape: ListShape = {}): string[] | Mismatch {
  const separator = shape.separator ?? ",";
  const items = text.split(separator).map((item) => item.trim());
  if (items[items.length - 1] === "") items.pop();
  const between = separatorName(separator);
  if (shape.count !== undefined && items.length !== shape.count) {
    const wanted = shape.count === 1 ? "one value" : `${shape.count} values with ${between} between them`;
    return new Mismatch(wanted, `write ${wanted}`);
  }
  if (!items.includes("")) return items;
  return new Mismatch(`a list with ${between} between its values`, "remove the empty value");
}

/** A list each of whose elements `parse` accepts. */
export function parseEach<T>(
  text: string,
  shape: ListShape | undefined,
  parse: (item: string) => T | Mismatch,
): T[] | Mismatch {
  const items = parseListText(text, shape);
  if (items instanceof Mismatch) return items;
  const values: T[] = [];
  for (const item of items) {
    const value = parse(item);
    if (value instanceof Mismatch) return new Mismatch(`a list of which each value is ${value.wanted}`, value.fix);
    values.push(value);
  }
  return values;
}

/** A list of lists: `outer` separates the lists, `inner` the values of each. Empty lists are left out. */
export function parseTable<T>(
  text: string,
  outer: string,
  inner: ListShape,
  parse: (item: string) => T | Mismatch,
): T[][] | Mismatch {
  const rows: T[][] = [];
  for (const row of text.split(outer)) {
    if (row.trim() === "") continue;
    const values = parseEach(row, inner, parse);
    if (values instanceof Mismatch) {
      return new Mismatch(`a list with ${separatorName(outer)} between groups of ${values.wanted}`, values.fix);
    }
    rows.push(values);
  }
  return rows;
}
