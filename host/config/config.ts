// thread: any
import { HostError } from "../shared/errors.js";
import { readBoardPins } from "./board-pins.js";
import type { OptionType, SettingValue } from "./declaration.js";
import type { ConfigFiles } from "./files.js";
import { type ConfigNotice, type ConfigSection, type ConfigTree, loadConfig } from "./load.js";
import type { ConfigWarning, OptionSink } from "./option-source.js";
import { PinTable } from "./pins.js";
import { combineErrors, unknownOption, unknownSection } from "./problems.js";
import { type SectionLookup, SectionReader } from "./section-reader.js";

/** Values by section and option. */
export type Settings<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

/** Makes values of another kind from settings. */
export interface SettingMaker<T> {
  /** Texts, switches and whole numbers. */
  readonly plain: (value: string | number | boolean) => T;
  /** Numbers that may have decimals, also when this one has none. */
  readonly float: (value: number) => T;
  readonly list: (items: readonly T[]) => T;
}

/**
 * A configuration while modules read it. Problems are collected; `finish` throws them all together, those of the
 * files included, with every option and section that nobody has read.
 */
export class Config implements SectionLookup {
  readonly tree: ConfigTree;
  readonly pins: PinTable;
  readonly #readers = new Map<string, SectionReader>();
  readonly #absent = new Map<string, SectionReader>();
  readonly #errors: HostError[];
  readonly #warnings: ConfigWarning[] = [];
  readonly #sink: OptionSink;

  constructor(tree: ConfigTree) {
    this.tree = tree;
    this.#errors = [...tree.errors];
    this.pins = new PinTable((error) => this.report(error));
    this.#sink = {
      report: (error) => this.report(error),
      warn: (warning) => this.#warn(warning),
      pins: this.pins,
      declarations: undefined,
    };
    readBoardPins(this, this.pins);
  }

  /** Reads printer.cfg with its includes. Never throws for what is in the files: that waits for `finish`. */
  static async load(path: string, files: ConfigFiles): Promise<Config> {
    return new Config(await loadConfig(path, files));
  }

  /** Names of all sections in the order of the files. */
  get names(): readonly string[] {
    return [...this.tree.sections.keys()];
  }

  /** Whether the section exists. That alone does not count as reading it. */
  has(name: string): boolean {
    return this.tree.sections.has(name);
  }

  /** The section, always the same reader. A missing one is reported, and each of its options reads as its default. */
  section(name: string): SectionReader {
    return this.optional(name) ?? this.#missing(name);
  }

  optional(name: string): SectionReader | undefined {
    const known = this.#readers.get(name);
    if (known !== undefined) return known;
    const section = this.tree.sections.get(name);
    if (section === undefined) return undefined;
    const reader = new SectionReader(section, this.#sink, this);
    this.#readers.set(name, reader);
    return reader;
  }

  /** A reader for a section that is not there and need not be: each of its options reads as its default. */
  absent(name: string): SectionReader {
    return new SectionReader({ name, place: {}, options: new Map() }, this.#sink, this);
  }

  ofKind(kind: string): readonly SectionReader[] {
    return this.names.filter((name) => name.split(/\s/, 1)[0] === kind).map((name) => this.section(name));
  }

  startingWith(prefix: string): readonly SectionReader[] {
    return this.names.filter((name) => name.startsWith(prefix)).map((name) => this.section(name));
  }

  /** Accepts a section unread and says so: for what does not affect a print and is not supported. */
  accept(name: string, notice: string): void {
    const reader = this.section(name);
    reader.acceptAll();
    reader.warn(notice);
  }

  /** Adds a problem to those that `finish` throws. One that is there already, as when two modules read an option, counts once. */
  report(error: HostError): void {
    const isKnown = this.#errors.some(
      ({ code, message, place }) =>
        code === error.code &&
        message === error.message &&
        place?.file === error.place?.file &&
        place?.line === error.place?.line,
    );
    if (!isKnown) this.#errors.push(error);
  }

  /** How many problems there are so far. */
  get errorCount(): number {
    return this.#errors.length;
  }

  /**
   * Throws when there is any problem: the error itself when it is the only one, else CFG_INVALID with all of them.
   * `kinds` are the kinds of section that exist, for suggestions. To be called when every module has read its options.
   */
  finish(kinds: Iterable<string>): void {
    this.pins.check();
    const known = [...kinds];
    for (const section of this.tree.sections.values()) {
      const reader = this.#readers.get(section.name);
      if (reader === undefined) this.report(unknownSection(section, known));
      else for (const error of unknownOptions(reader)) this.report(error);
    }
    const error = combineErrors(
      this.#errors,
      this.tree.files.map(({ syntax }) => syntax.file),
    );
    if (error !== undefined) throw error;
  }

  /** `configfile.config`: every option as text, sections with their case. */
  raw(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const sections = [...this.tree.sections.values()];
    return Object.fromEntries(sections.map((section) => [section.name, rawSection(section)]));
  }

  /** `configfile.settings`: what was read, defaults included, section names in lower case. */
  settings(): Settings<SettingValue> {
    return this.mapSettings<SettingValue>({ plain: (value) => value, float: (value) => value, list: (items) => items });
  }

  /**
   * The settings as other values: JSON does not say that 3 was read as a float and that lists are fixed, but a
   * template must print `3.0` and `(1.0, 2.0)`.
   */
  mapSettings<T>(make: SettingMaker<T>): Settings<T> {
    const result = new Map<string, Record<string, T>>();
    for (const reader of this.#readers.values()) {
      if (reader.settings.size === 0) continue;
      const own = [...reader.settings].map(([option, { type, value }]) => [
        option,
        convert(value, isWhole(type), make),
      ]);
      const name = reader.name.toLowerCase();
      result.set(name, { ...result.get(name), ...Object.fromEntries(own) });
    }
    return Object.fromEntries(result);
  }

  /** `configfile.warnings`. */
  get warnings(): readonly ConfigWarning[] {
    return [...this.#warnings];
  }

  /** Oddities of the files that change nothing: options set twice, patterns that match no file. */
  get notices(): readonly ConfigNotice[] {
    return this.tree.notices;
  }

  #warn(warning: ConfigWarning): void {
    if (!this.#warnings.some(({ message }) => message === warning.message)) this.#warnings.push(warning);
  }

  #missing(name: string): SectionReader {
    const known = this.#absent.get(name);
    if (known !== undefined) return known;
    const place = { file: this.tree.files[0]?.syntax.file ?? this.tree.path };
    // When the main file cannot be read, everything is missing, and saying so helps nobody.
    if (this.tree.files.length > 0) {
      this.report(
        new HostError("CFG_SECTION_MISSING", `there is no section '${name}'`, {
          details: { section: name },
          fix: `add a section [${name}]`,
          place,
        }),
      );
    }
    const sink: OptionSink = { ...this.#sink, report: () => undefined };
    const reader = new SectionReader({ name, place, options: new Map() }, sink, this);
    this.#absent.set(name, reader);
    return reader;
  }
}

function unknownOptions(reader: SectionReader): readonly HostError[] {
  return reader.unread.map(({ name, file, line }) =>
    unknownOption({ section: reader.name, option: name, place: { file, line } }, reader.known),
  );
}

function rawSection(section: ConfigSection): Readonly<Record<string, string>> {
  return Object.fromEntries([...section.options.values()].map(({ name, value }) => [name, value]));
}

function isWhole(type: OptionType): boolean {
  return type === "whole number" || type === "list of whole numbers";
}

function convert<T>(value: SettingValue, isInt: boolean, make: SettingMaker<T>): T {
  if (typeof value === "number") return isInt ? make.plain(value) : make.float(value);
  if (typeof value === "string" || typeof value === "boolean") return make.plain(value);
  return make.list(value.map((item) => convert(item, isInt, make)));
}
