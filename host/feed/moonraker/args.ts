// thread: feed
import { ApiError } from "../api-error.js";
import { isRecord, isStringList, type JsonRecord, member } from "../json-value.js";

const TRUE_WORDS = new Set(["true", "1", "yes", "on"]);
const FALSE_WORDS = new Set(["false", "0", "no", "off", ""]);

const wrongKind = (name: string, wanted: string): ApiError => new ApiError(400, `Argument [${name}] must be ${wanted}`);

/**
 * The named arguments of one request. From a query string every value is text, so numbers and booleans are accepted as
 * text too. A missing argument or one of the wrong kind is answered with 400; unknown arguments are ignored.
 */
export class Args {
  readonly record: JsonRecord;

  constructor(record: JsonRecord) {
    this.record = record;
  }

  has(name: string): boolean {
    return member(this.record, name) !== undefined;
  }

  /** The argument as it came; 400 when missing. */
  any(name: string): unknown {
    const value = member(this.record, name);
    if (value === undefined) throw new ApiError(400, `Missing Argument [${name}]`);
    return value;
  }

  optional(name: string): unknown {
    return member(this.record, name) ?? undefined;
  }

  string(name: string): string {
    return this.#toString(name, this.any(name));
  }

  optionalString(name: string): string | undefined {
    const value = this.optional(name);
    return value === undefined ? undefined : this.#toString(name, value);
  }

  optionalNumber(name: string): number | undefined {
    const value = this.optional(name);
    if (value === undefined || value === "") return undefined;
    const number = typeof value === "string" ? Number(value) : value;
    if (typeof number !== "number" || !Number.isFinite(number)) throw wrongKind(name, "a number");
    return number;
  }

  /** A whole number, at least 0. */
  optionalCount(name: string): number | undefined {
    const number = this.optionalNumber(name);
    if (number === undefined) return undefined;
    if (!Number.isInteger(number) || number < 0) throw wrongKind(name, "a whole number from 0");
    return number;
  }

  flag(name: string, fallback = false): boolean {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    if (typeof value === "boolean") return value;
    const word = String(value).toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    if (FALSE_WORDS.has(word)) return false;
    throw wrongKind(name, "true or false");
  }

  /** A list of texts; one text is split at its commas. */
  strings(name: string): readonly string[] {
    const value = this.any(name);
    if (typeof value === "string") {
      return value
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
    }
    if (!isStringList(value)) throw wrongKind(name, "a list of texts");
    return value;
  }

  object(name: string): JsonRecord {
    const value = this.any(name);
    if (!isRecord(value)) throw wrongKind(name, "an object");
    return value;
  }

  #toString(name: string, value: unknown): string {
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw wrongKind(name, "a text");
  }
}
