// thread: any

import type { ConfigProblem } from "../shared/errors/config.js";
import { HostError, type Place } from "../shared/errors.js";
import { allowedValues, type Limits } from "../shared/limits.js";
import { suggest } from "../shared/suggest.js";
import type { ConfigSection } from "./load.js";
import type { Mismatch } from "./value-text.js";

/** The option that an error is about. */
export interface OptionRef {
  readonly section: string;
  readonly option: string;
  readonly place: Place;
}

const MAX_SHOWN = 60;

/** A value as errors quote it: one line, not too long. */
export function quoteValue(value: string): string {
  const line = value.trim().replaceAll("\n", " ");
  return line.length > MAX_SHOWN ? `'${line.slice(0, MAX_SHOWN - 3)}...'` : `'${line}'`;
}

function subject({ section, option }: OptionRef): string {
  return `option '${option}' in section '${section}'`;
}

export function missingOption(ref: OptionRef): HostError {
  const { section, option, place } = ref;
  return new HostError("CFG_OPTION_MISSING", `section '${section}' has no option '${option}'`, {
    details: { section, option },
    fix: `add a line '${option}: ...' below [${section}]`,
    place,
  });
}

export function wrongType(ref: OptionRef, value: string, mismatch: Mismatch): HostError {
  const { section, option, place } = ref;
  const found = value.trim() === "" ? "is empty" : `is ${quoteValue(value)}, which is not ${mismatch.wanted}`;
  return new HostError("CFG_OPTION_TYPE", `${subject(ref)} ${found}`, {
    details: { section, option, value, wanted: mismatch.wanted },
    fix: mismatch.fix,
    place,
  });
}

/** `broken` is what `brokenLimit` returned for `value`. */
export function outOfRange(
  ref: OptionRef,
  value: number,
  broken: { readonly text: string; readonly limit: number },
  limits: Limits,
  unit: string,
): HostError {
  const { section, option, place } = ref;
  return new HostError("CFG_OPTION_RANGE", `${subject(ref)} is ${value}${unit}, ${broken.text}`, {
    details: { section, option, value, limit: broken.limit },
    fix: `set ${option} to ${allowedValues(limits, unit)}`,
    place,
  });
}

export function wrongChoice(ref: OptionRef, value: string, choices: readonly string[]): HostError {
  const { section, option, place } = ref;
  const similar = suggest(value, choices);
  const all = choices.length === 0 ? "there is nothing to choose from" : `choose one of ${choices.join(", ")}`;
  return new HostError("CFG_OPTION_CHOICE", `${subject(ref)} is ${quoteValue(value)}, which is not a choice`, {
    details: { section, option, value, choices },
    fix: similar === undefined ? all : `did you mean '${similar}'? Otherwise ${all}`,
    place,
  });
}

export function unknownOption(ref: OptionRef, known: readonly string[]): HostError {
  const { section, option, place } = ref;
  const suggestion = suggest(option, known);
  // Options have no spaces in their names, G-code lines do.
  const isLine = suggestion === undefined && /\s/.test(option);
  return new HostError("CFG_OPTION_UNKNOWN", `${subject(ref)} is not known`, {
    details: { section, option, suggestion },
    fix: isLine
      ? "start the line with spaces if it belongs to the option above. Otherwise remove the line"
      : suggestion === undefined
        ? "remove the line, or put a # in front of it"
        : `did you mean '${suggestion}'? Otherwise remove the line`,
    place,
  });
}

export function unknownSection(section: ConfigSection, known: Iterable<string>): HostError {
  const suggestion = suggest(section.name, known) ?? suggestKind(section.name, known);
  return new HostError("CFG_SECTION_UNKNOWN", `section '${section.name}' is not known`, {
    details: { section: section.name, suggestion },
    fix:
      suggestion === undefined
        ? "remove the section, or put a # in front of each of its lines"
        : `did you mean '${suggestion}'? Otherwise remove the section`,
    place: section.place,
  });
}

/** `heater_fna hotend` is meant to be `heater_fan hotend`. */
function suggestKind(name: string, known: Iterable<string>): string | undefined {
  const [kind = "", ...rest] = name.split(/\s+/);
  const similar = rest.length === 0 ? undefined : suggest(kind, known);
  return similar === undefined ? undefined : [similar, ...rest].join(" ");
}

function toProblem({ code, message, place, fix }: HostError): ConfigProblem {
  return { code, message, file: place?.file, line: place?.line, fix };
}

/** Errors in the order in which their lines stand in the files; those without a line last. */
function byPlace(files: readonly string[]): (a: HostError, b: HostError) => number {
  const fileRank = (error: HostError) => {
    const rank = files.indexOf(error.place?.file ?? "");
    return rank < 0 ? files.length : rank;
  };
  return (a, b) => fileRank(a) - fileRank(b) || (a.place?.line ?? Infinity) - (b.place?.line ?? Infinity) || 0;
}

/**
 * All problems of one load as one error: the problem itself when there is one, else CFG_INVALID whose `format()` shows
 * each with its place and fix. `files` gives the order; `undefined` when there is no problem.
 */
export function combineErrors(errors: readonly HostError[], files: readonly string[]): HostError | undefined {
  const [first, ...more] = errors;
  if (first === undefined || more.length === 0) return first;
  const sorted = [...errors].sort(byPlace(files));
  return new HostError("CFG_INVALID", `the configuration has ${sorted.length} errors`, {
    details: { count: sorted.length, problems: sorted.map(toProblem) },
    fix: `correct each of them, then run RESTART.\n${sorted.map((error) => error.format()).join("\n")}`,
  });
}
