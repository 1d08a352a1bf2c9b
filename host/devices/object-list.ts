// thread: host
import type { GcodeCommand } from "../printer/module.js";

/** A part of the print that can be left out. */
export interface PrintObject {
  readonly [field: string]: unknown;
  /** Upper case. */
  readonly name: string;
  readonly center?: readonly number[];
  readonly polygon?: readonly (readonly number[])[];
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => typeof one === "number" && Number.isFinite(one));
}

function isPoints(value: unknown): value is readonly (readonly number[])[] {
  return Array.isArray(value) && value.every(isNumbers);
}

function readJson<T>(command: GcodeCommand, parameter: string, text: string, is: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(text);
    if (is(value)) return value;
  } catch {
    // Told below, like what is JSON but no list of numbers.
  }
  throw command.error(`${parameter} is no list of numbers`, `write ${parameter} like [1,2] or [[1,2],[3,4]]`);
}

/** What EXCLUDE_OBJECT_DEFINE says about an object. */
export function readObject(command: GcodeCommand, name: string): PrintObject {
  const center = command.string("CENTER", null);
  const polygon = command.string("POLYGON", null);
  return Object.freeze({
    name,
    ...(center === null ? {} : { center: readJson(command, "CENTER", `[${center}]`, isNumbers) }),
    ...(polygon === null ? {} : { polygon: readJson(command, "POLYGON", polygon, isPoints) }),
  });
}
