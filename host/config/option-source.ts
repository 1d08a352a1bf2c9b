// thread: any
import { HostError, type Place } from "../shared/errors.js";
import { brokenLimit, type Limits, placeholderFor } from "../shared/limits.js";
import type { OptionDeclaration, OptionType, SettingValue } from "./declaration.js";
import type { ConfigOption, ConfigSection } from "./load.js";
import type { PinTable } from "./pins.js";
import { missingOption, type OptionRef, outOfRange, wrongType } from "./problems.js";
import { Mismatch } from "./value-text.js";

/** A warning as `configfile.warnings` shows it. */
export interface ConfigWarning {
  readonly type: "deprecated_option" | "deprecated_value" | "runtime_warning";
  readonly message: string;
  readonly section?: string;
  readonly option?: string;
  readonly value?: string;
}

/** What the reader of a section tells the configuration that it belongs to. */
export interface OptionSink {
  readonly report: (error: HostError) => void;
  readonly warn: (warning: ConfigWarning) => void;
  readonly pins: PinTable;
  /** There when options are only collected, and nothing is configured: see `declareOptions`. */
  readonly declarations: DeclarationSink | undefined;
}

/** Takes note of what is read, and may pretend that an option is set, so that code behind it is reached too. */
export interface DeclarationSink {
  readonly add: (declaration: Omit<OptionDeclaration, "when">) => void;
  /** Called for `has`: whether the option counts as set. */
  readonly asksFor: (section: string, option: string) => boolean;
  /** The text that stands for the option, `undefined` when it counts as not set. */
  readonly pretended: (section: string, option: string) => string | undefined;
}

/** A value that was read, or its default. */
export interface Setting {
  readonly type: OptionType;
  readonly value: SettingValue;
}

/** How to read one option. */
export interface ReadRequest<T> {
  readonly type: OptionType;
  /** `undefined` when the option is required, `null` when it may be left out. */
  readonly fallback: T | null | undefined;
  /** What to go on with when a required option is missing or wrong. */
  readonly placeholder: T;
  readonly parse: (text: string) => T | Mismatch | HostError;
  readonly toSetting: (value: T) => SettingValue;
  readonly limits?: Limits;
  readonly choices?: readonly string[];
}

/** How to read a number. */
export interface NumberRequest<T extends number> {
  readonly type: OptionType;
  /** As errors show it after a number, with a space in front. */
  readonly unit: string;
  readonly fallback: T | null | undefined;
  readonly limits: Limits;
  readonly parse: (text: string) => number | Mismatch;
  readonly brand: (value: number) => T;
}

/** The options of one section and who has read them: everything about a section except the types of its options. */
export class OptionSource {
  readonly name: string;
  readonly kind: string;
  readonly label: string;
  readonly place: Place;
  readonly sink: OptionSink;
  readonly #options: ReadonlyMap<string, ConfigOption>;
  readonly #read = new Set<string>();
  readonly #known = new Set<string>();
  readonly #oldNames = new Map<string, string[]>();
  readonly #settings = new Map<string, Setting>();

  constructor(section: ConfigSection, sink: OptionSink) {
    const [kind = "", ...label] = section.name.split(/\s+/);
    this.name = section.name;
    this.kind = kind;
    this.label = label.join(" ");
    this.place = section.place;
    this.sink = sink;
    this.#options = section.options;
  }

  has(option: string): boolean {
    const name = option.toLowerCase();
    this.#known.add(name);
    if (this.sink.declarations !== undefined) return this.sink.declarations.asksFor(this.kind, name);
    return this.find(name) !== undefined;
  }

  /** The option by its name or an older one of its names. */
  find(option: string): ConfigOption | undefined {
    const name = option.toLowerCase();
    const found = this.#options.get(name);
    if (found !== undefined) return found;
    const old = this.#oldNames.get(name)?.find((other) => this.#options.has(other));
    return old === undefined ? undefined : this.#options.get(old);
  }

  namesWith(prefix: string): readonly string[] {
    if (this.sink.declarations !== undefined) return [`${prefix}<name>`];
    return [...this.#options.keys()].filter((name) => name.startsWith(prefix.toLowerCase()));
  }

  placeOf(option: string): Place {
    const found = this.find(option);
    return found === undefined ? this.place : { file: found.file, line: found.line };
  }

  ref(option: string): OptionRef {
    return { section: this.name, option: this.find(option)?.name ?? option, place: this.placeOf(option) };
  }

  addOldName(option: string, old: string): void {
    const name = option.toLowerCase();
    this.#oldNames.set(name, [...(this.#oldNames.get(name) ?? []), old.toLowerCase()]);
  }

  /** Reads an option. What is wrong with it is reported; the value returned is then its default or placeholder. */
  read<T>(option: string, request: ReadRequest<T>): T | null {
    const name = option.toLowerCase();
    const { fallback, placeholder, parse } = request;
    const instead = fallback === undefined ? placeholder : fallback;
    const found = this.find(name);
    this.#known.add(name);
    this.#declare(option, request);
    const text = found?.value ?? this.sink.declarations?.pretended(this.kind, name);
    if (text === undefined) {
      if (fallback === undefined && this.sink.declarations === undefined)
        this.sink.report(missingOption(this.ref(option)));
      if (fallback !== undefined && fallback !== null) this.#set(name, request, fallback);
      return instead;
    }
    if (found !== undefined) this.#noteRead(name, found);
    const value = parse(text);
    if (value instanceof Mismatch) this.sink.report(wrongType(this.ref(option), text, value));
    else if (value instanceof HostError) this.sink.report(value);
    else {
      this.#set(name, request, value);
      return value;
    }
    return instead;
  }

  /** Reads a number and holds it against its limits. */
  readNumber<T extends number>(option: string, request: NumberRequest<T>): T | null {
    const { type, unit, fallback, limits, parse, brand } = request;
    return this.read<T>(option, {
      type,
      fallback,
      limits,
      placeholder: brand(placeholderFor(limits)),
      toSetting: (value) => value,
      parse: (text) => {
        const value = parse(text);
        if (value instanceof Mismatch) return value;
        const broken = brokenLimit(value, limits, unit);
        return broken === undefined ? brand(value) : outOfRange(this.ref(option), value, broken, limits, unit);
      },
    });
  }

  warn(type: ConfigWarning["type"], option: string | undefined, text: string): void {
    const section = this.name.toLowerCase();
    if (option === undefined) {
      this.sink.warn({ type, section, message: `section '${this.name}': ${text}` });
      return;
    }
    const message = `option '${option}' in section '${this.name}' ${text}`;
    const value = type === "deprecated_value" ? { value: this.find(option)?.value ?? "" } : {};
    this.sink.warn({ type, message, section, option: option.toLowerCase(), ...value });
  }

  markRead(option: string): void {
    this.#read.add(option.toLowerCase());
  }

  get all(): readonly ConfigOption[] {
    return [...this.#options.values()];
  }

  get unread(): readonly ConfigOption[] {
    return this.all.filter((option) => !this.#read.has(option.name));
  }

  /** Names that were asked for, whether they are set or not. */
  get known(): readonly string[] {
    return [...this.#known];
  }

  get settings(): ReadonlyMap<string, Setting> {
    return this.#settings;
  }

  #declare<T>(option: string, request: ReadRequest<T>): void {
    if (this.sink.declarations === undefined) return;
    const { type, fallback, limits = {}, choices = [], toSetting } = request;
    this.sink.declarations.add({
      section: this.kind,
      option,
      type,
      isRequired: fallback === undefined,
      fallback: fallback === undefined || fallback === null ? undefined : toSetting(fallback),
      limits,
      choices,
      oldNames: this.#oldNames.get(option.toLowerCase()) ?? [],
    });
  }

  #noteRead(name: string, found: ConfigOption): void {
    const isFirst = !this.#read.has(found.name);
    this.#read.add(found.name);
    if (found.name !== name && isFirst) this.warn("deprecated_option", found.name, `is now called '${name}'`);
  }

  #set<T>(name: string, request: ReadRequest<T>, value: T): void {
    this.#settings.set(name, { type: request.type, value: request.toSetting(value) });
  }
}
