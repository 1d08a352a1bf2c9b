// thread: any
import { HostError, type Place } from "../shared/errors.js";
import type { Limits } from "../shared/limits.js";
import * as units from "../shared/units.js";
import type { OptionType, SettingValue } from "./declaration.js";
import type { ConfigOption, ConfigSection } from "./load.js";
import { type OptionSink, OptionSource, type Setting } from "./option-source.js";
import type { Pin, PinUse } from "./pins.js";
import { wrongChoice } from "./problems.js";
import {
  type ListShape,
  Mismatch,
  parseBoolText,
  parseEach,
  parseFloatText,
  parseIntText,
  parseListText,
  parseTable,
} from "./value-text.js";

/** A text of several lines that knows where each line stands: a macro, a template. */
export interface ConfigText {
  readonly value: string;
  readonly file: string;
  /** Line of the option's name; for a default, of the section. */
  readonly line: number;
  /** Line of `file` for each line of `value`; for a default, `line` again and again. */
  readonly lines: readonly number[];
  /** Where line `line` of `value`, counted from 1, was written. */
  readonly place: (line: number) => Place;
}

/** One sentence for the configuration reference. */
export interface OptionHelp {
  readonly help?: string;
}

/** Separator (default ","), number of elements, and help. */
export type ListOptions = ListShape & OptionHelp;

/** A list of lists. */
export type Table<T> = readonly (readonly T[])[];

/** Words to choose from. */
export type Choices<T extends string> = readonly [T, ...T[]];

/** The other sections, for modules that read more than their own. */
export interface SectionLookup {
  readonly has: (name: string) => boolean;
  /** The section, which must exist: a missing one is reported, and each of its options reads as its default. */
  readonly section: (name: string) => SectionReader;
  readonly optional: (name: string) => SectionReader | undefined;
  /** All sections of one kind in the order of the files: `gcode_macro` gives every `[gcode_macro NAME]`. */
  readonly ofKind: (kind: string) => readonly SectionReader[];
  /** All sections whose names start with `prefix`: `stepper_z` gives `[stepper_z]` and `[stepper_z1]`. */
  readonly startingWith: (prefix: string) => readonly SectionReader[];
}

const same = <T>(value: T): T => value;

function toMm(text: string): units.Mm | Mismatch {
  const value = parseFloatText(text);
  return value instanceof Mismatch ? value : units.mm(value);
}

/** Elements to go on with when a list of fixed length is missing or wrong. */
const filler = <T>(shape: ListShape, value: T): readonly T[] => Array.from({ length: shape.count ?? 0 }, () => value);

/**
 * The options of one section, each read by its type. A wrong or missing value is reported, not thrown, and a harmless
 * value is returned in its place; `Config.finish` throws all reports together.
 *
 * The second argument of a getter is the default. Without it (or with `undefined`) the option is required; with `null`
 * it may be left out, and the getter then returns `null`. Limits hold for values from the file, not for defaults.
 */
export class SectionReader {
  /** As in the file, case and all: `heater_fan Hotend`. */
  readonly name: string;
  /** First word of the name: `heater_fan`. */
  readonly kind: string;
  /** The rest of the name: `Hotend`; empty when there is none. */
  readonly label: string;
  /** Where the section starts. */
  readonly place: Place;
  /** The other sections of the same configuration. */
  readonly config: SectionLookup;
  readonly #source: OptionSource;

  constructor(section: ConfigSection, sink: OptionSink, config: SectionLookup) {
    this.#source = new OptionSource(section, sink);
    this.name = this.#source.name;
    this.kind = this.#source.kind;
    this.label = this.#source.label;
    this.place = this.#source.place;
    this.config = config;
  }

  /** Whether the option is set. That alone does not count as reading it. */
  has(option: string): boolean {
    return this.#source.has(option);
  }

  /** Names of the set options that start with `prefix`, in the order of the files. Does not count as reading them. */
  optionsWith(prefix: string): readonly string[] {
    return this.#source.namesWith(prefix);
  }

  /** Where the option stands, or where the section starts when it is not set. */
  placeOf(option: string): Place {
    return this.#source.placeOf(option);
  }

  string(option: string, fallback?: string, help?: OptionHelp): string;
  string(option: string, fallback: string | null, help?: OptionHelp): string | null;
  string(option: string, fallback?: string | null, help: OptionHelp = {}): string | null {
    return this.#text(option, "text", fallback, help);
  }

  /** A template or script, with the place of each of its lines. */
  script(option: string, fallback?: string, help?: OptionHelp): ConfigText;
  script(option: string, fallback: string | null, help?: OptionHelp): ConfigText | null;
  script(option: string, fallback?: string | null, help: OptionHelp = {}): ConfigText | null {
    const value = this.#text(option, "G-code", fallback, help);
    if (value === null) return null;
    const found = this.#source.find(option);
    const { file = "", line = 1 } = found ?? this.place;
    const lines = found?.lines ?? value.split("\n").map(() => line);
    return { value, file, line, lines, place: (number) => ({ file, line: lines[number - 1] ?? line }) };
  }

  int(option: string, fallback?: number, limits?: Limits): number;
  int(option: string, fallback: number | null, limits?: Limits): number | null;
  int(option: string, fallback?: number | null, limits: Limits = {}): number | null {
    const request = {
      type: "whole number",
      unit: "",
      fallback,
      limits,
      parse: parseIntText,
      brand: same<number>,
    } as const;
    return this.#source.readNumber<number>(option, request);
  }

  float(option: string, fallback?: number, limits?: Limits): number;
  float(option: string, fallback: number | null, limits?: Limits): number | null;
  float(option: string, fallback?: number | null, limits: Limits = {}): number | null {
    return this.#quantity(option, "number", "", fallback, limits, same<number>);
  }

  mm(option: string, fallback?: units.Mm, limits?: Limits): units.Mm;
  mm(option: string, fallback: units.Mm | null, limits?: Limits): units.Mm | null;
  mm(option: string, fallback?: units.Mm | null, limits: Limits = {}): units.Mm | null {
    return this.#quantity(option, "mm", " mm", fallback, limits, units.mm);
  }

  mmPerS(option: string, fallback?: units.MmPerS, limits?: Limits): units.MmPerS;
  mmPerS(option: string, fallback: units.MmPerS | null, limits?: Limits): units.MmPerS | null;
  mmPerS(option: string, fallback?: units.MmPerS | null, limits: Limits = {}): units.MmPerS | null {
    return this.#quantity(option, "mm/s", " mm/s", fallback, limits, units.mmPerS);
  }

  mmPerS2(option: string, fallback?: units.MmPerS2, limits?: Limits): units.MmPerS2;
  mmPerS2(option: string, fallback: units.MmPerS2 | null, limits?: Limits): units.MmPerS2 | null;
  mmPerS2(option: string, fallback?: units.MmPerS2 | null, limits: Limits = {}): units.MmPerS2 | null {
    return this.#quantity(option, "mm/s^2", " mm/s^2", fallback, limits, units.mmPerS2);
  }

  seconds(option: string, fallback?: units.Seconds, limits?: Limits): units.Seconds;
  seconds(option: string, fallback: units.Seconds | null, limits?: Limits): units.Seconds | null;
  seconds(option: string, fallback?: units.Seconds | null, limits: Limits = {}): units.Seconds | null {
    return this.#quantity(option, "s", " s", fallback, limits, units.seconds);
  }

  celsius(option: string, fallback?: units.Celsius, limits?: Limits): units.Celsius;
  celsius(option: string, fallback: units.Celsius | null, limits?: Limits): units.Celsius | null;
  celsius(option: string, fallback?: units.Celsius | null, limits: Limits = {}): units.Celsius | null {
    return this.#quantity(option, "°C", " °C", fallback, limits, units.celsius);
  }

  /** A share; from 0 to 1 unless `limits` says otherwise. */
  ratio(option: string, fallback?: units.Ratio, limits?: Limits): units.Ratio;
  ratio(option: string, fallback: units.Ratio | null, limits?: Limits): units.Ratio | null;
  ratio(option: string, fallback?: units.Ratio | null, limits: Limits = { min: 0, max: 1 }): units.Ratio | null {
    return this.#quantity(option, "0 to 1", "", fallback, limits, units.ratio);
  }

  bool(option: string, fallback?: boolean, help?: OptionHelp): boolean;
  bool(option: string, fallback: boolean | null, help?: OptionHelp): boolean | null;
  bool(option: string, fallback?: boolean | null, help: OptionHelp = {}): boolean | null {
    const type = "True or False";
    const request = {
      type,
      fallback,
      placeholder: false,
      parse: parseBoolText,
      toSetting: same<boolean>,
      limits: help,
    } as const;
    return this.#source.read<boolean>(option, request);
  }

  /** One of `choices` (at least one); case counts. */
  choice<const T extends string>(option: string, choices: Choices<T>, fallback?: NoInfer<T>, help?: OptionHelp): T;
  choice<const T extends string>(
    option: string,
    choices: Choices<T>,
    fallback: NoInfer<T> | null,
    help?: OptionHelp,
  ): T | null;
  choice<T extends string>(option: string, choices: Choices<T>, fallback?: T | null, help: OptionHelp = {}): T | null {
    return this.#source.read<T>(option, {
      type: "choice",
      fallback,
      placeholder: choices[0],
      parse: (text) =>
        choices.find((one) => one === text.trim()) ?? wrongChoice(this.#source.ref(option), text, choices),
      toSetting: same,
      limits: help,
      choices,
    });
  }

  /** Names or words with commas between them, or what `shape` says. */
  list(option: string, fallback?: readonly string[], shape?: ListOptions): readonly string[];
  list(option: string, fallback: readonly string[] | null, shape?: ListOptions): readonly string[] | null;
  list(option: string, fallback?: readonly string[] | null, shape: ListOptions = {}): readonly string[] | null {
    return this.#list<string>(option, "list", fallback, shape, "", (text) => parseListText(text, shape));
  }

  /** A `list` of whole numbers. */
  ints(option: string, fallback?: readonly number[], shape?: ListOptions): readonly number[];
  ints(option: string, fallback: readonly number[] | null, shape?: ListOptions): readonly number[] | null;
  ints(option: string, fallback?: readonly number[] | null, shape: ListOptions = {}): readonly number[] | null {
    const parse = (text: string) => parseEach(text, shape, parseIntText);
    return this.#list(option, "list of whole numbers", fallback, shape, 0, parse);
  }

  /** A `list` of numbers. */
  floats(option: string, fallback?: readonly number[], shape?: ListOptions): readonly number[];
  floats(option: string, fallback: readonly number[] | null, shape?: ListOptions): readonly number[] | null;
  floats(option: string, fallback?: readonly number[] | null, shape: ListOptions = {}): readonly number[] | null {
    const parse = (text: string) => parseEach(text, shape, parseFloatText);
    return this.#list(option, "list of numbers", fallback, shape, 0, parse);
  }

  /** A `list` of lengths or coordinates. */
  mmList(option: string, fallback?: readonly units.Mm[], shape?: ListOptions): readonly units.Mm[];
  mmList(option: string, fallback: readonly units.Mm[] | null, shape?: ListOptions): readonly units.Mm[] | null;
  mmList(option: string, fallback?: readonly units.Mm[] | null, shape: ListOptions = {}): readonly units.Mm[] | null {
    const parse = (text: string) => parseEach(text, shape, toMm);
    return this.#list(option, "list of numbers", fallback, shape, units.mm(0), parse);
  }

  /** Groups with `outer` between them, each a list: `A=PA1, B=PA2` has outer "," and separator "=". */
  table(option: string, outer: string, fallback?: Table<string>, shape?: ListOptions): Table<string>;
  table(option: string, outer: string, fallback: Table<string> | null, shape?: ListOptions): Table<string> | null;
  table(option: string, outer: string, fallback?: Table<string> | null, shape: ListOptions = {}): Table<string> | null {
    const parse = (text: string) => parseTable(text, outer, shape, same<string>);
    return this.#list<readonly string[]>(option, "table", fallback, { ...shape, count: 0 }, [], parse);
  }

  /** A `table` of numbers: `50:17, 3:1` has outer "," and separator ":". */
  floatTable(option: string, outer: string, fallback?: Table<number>, shape?: ListOptions): Table<number>;
  floatTable(option: string, outer: string, fallback: Table<number> | null, shape?: ListOptions): Table<number> | null;
  floatTable(
    option: string,
    outer: string,
    fallback?: Table<number> | null,
    shape: ListOptions = {},
  ): Table<number> | null {
    const parse = (text: string) => parseTable(text, outer, shape, parseFloatText);
    return this.#list<readonly number[]>(option, "table of numbers", fallback, { ...shape, count: 0 }, [], parse);
  }

  /** A pin, noted as used by this option. It is required unless the default is `null`. */
  pin(option: string, use?: PinUse): Pin;
  pin(option: string, use: PinUse, fallback: null): Pin | null;
  pin(option: string, use: PinUse = {}, fallback?: null): Pin | null {
    const source = this.#source;
    return source.read<Pin>(option, {
      type: "pin",
      fallback,
      placeholder: { chip: "mcu", pin: "", invert: false, pullup: 0, place: this.place },
      parse: (text) => source.sink.pins.claim(text, use, source.ref(option)),
      toSetting: () => source.find(option)?.value ?? "",
      limits: use.help === undefined ? {} : { help: use.help },
    });
  }

  /** A list of pins, each noted as used. */
  pins(option: string, use: PinUse = {}, fallback?: readonly string[]): readonly Pin[] {
    const names = this.list(option, fallback, use.help === undefined ? {} : { help: use.help });
    return names.map((name) => this.#source.sink.pins.claim(name, use, this.#source.ref(option)));
  }

  /** Accepts `old` as an older name of `option`, with a warning. To be called before `option` is read. */
  renamed(old: string, option: string): void {
    this.#source.addOldName(option, old);
  }

  /** Accepts an option that no longer does anything; `text` completes "option 'x' in section 'y' ...". */
  obsolete(option: string, text: string): void {
    if (this.#source.find(option) === undefined) return;
    this.#source.markRead(option);
    this.deprecate(option, text);
  }

  /** Warns about an option that works but should be replaced; `text` completes "option 'x' in section 'y' ...". */
  deprecate(option: string, text: string): void {
    this.#source.warn("deprecated_option", option, text);
  }

  /** Like `deprecate`, for a value instead of the option. */
  deprecateValue(option: string, text: string): void {
    this.#source.warn("deprecated_value", option, text);
  }

  /** Warns about anything else that the owner should look at. */
  warn(text: string): void {
    this.#source.warn("runtime_warning", undefined, text);
  }

  /** Reports that options do not fit together; `problem` completes "option 'x' in section 'y' ...". */
  reject(option: string | undefined, problem: string, fix: string): void {
    const section = this.name;
    const subject = option === undefined ? `section '${section}'` : `option '${option}' in section '${section}'`;
    const place = option === undefined ? this.place : this.placeOf(option);
    const details = { section, option };
    this.#source.sink.report(new HostError("CFG_CONFLICT", `${subject} ${problem}`, { details, fix, place }));
  }

  /** Reports a problem with what an option says, found by whoever understands it: the syntax of a template. */
  report(error: HostError): void {
    this.#source.sink.report(error);
  }

  /** Counts every option as read: for a section that is accepted as a whole. */
  acceptAll(): void {
    for (const { name } of this.#source.all) this.#source.markRead(name);
  }

  /** Options that nothing has read, in the order of the files. */
  get unread(): readonly ConfigOption[] {
    return this.#source.unread;
  }

  /** Names that were asked for, whether they are set or not. */
  get known(): readonly string[] {
    return this.#source.known;
  }

  /** What was read, defaults included. */
  get settings(): ReadonlyMap<string, Setting> {
    return this.#source.settings;
  }

  #text(option: string, type: OptionType, fallback: string | null | undefined, help: OptionHelp): string | null {
    const request = { type, fallback, placeholder: "", parse: same<string>, toSetting: same<string>, limits: help };
    return this.#source.read<string>(option, request);
  }

  #quantity<T extends number>(
    option: string,
    type: OptionType,
    unit: string,
    fallback: T | null | undefined,
    limits: Limits,
    brand: (value: number) => T,
  ): T | null {
    return this.#source.readNumber<T>(option, { type, unit, fallback, limits, parse: parseFloatText, brand });
  }

  #list<T extends SettingValue>(
    option: string,
    type: OptionType,
    fallback: readonly T[] | null | undefined,
    shape: ListOptions,
    element: T,
    parse: (text: string) => readonly T[] | Mismatch,
  ): readonly T[] | null {
    return this.#source.read<readonly T[]>(option, {
      type,
      fallback,
      placeholder: filler(shape, element),
      parse,
      toSetting: same,
      limits: shape.help === undefined ? {} : { help: shape.help },
    });
  }
}
