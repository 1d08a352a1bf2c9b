// thread: browser

/** A JSON object whose content is not known. */
export type Json = Readonly<Record<string, unknown>>;

const EMPTY: Json = {};

export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value as an object; an empty one when it is something else. */
export const json = (value: unknown): Json => (isJson(value) ? value : EMPTY);

/** The value as a list; an empty one when it is something else. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The value as a finite number, `undefined` when it is something else. */
export const num = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/** The value as a text; an empty one when it is something else. */
export const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Numbers of a list; what is no number becomes NaN. */
export const nums = (value: unknown): number[] => list(value).map((each) => num(each) ?? Number.NaN);

/** Texts of a list; all else is left out. */
export const texts = (value: unknown): string[] => list(value).filter((each) => typeof each === "string");

/** The object in a text, an empty one when the text is no JSON. */
export function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
