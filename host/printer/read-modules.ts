// thread: host
import { boardName } from "../config/board-pins.js";
import type { Config } from "../config/config.js";
import type { SectionReader } from "../config/section-reader.js";
import type { CommandTable } from "../gcode/command-table.js";
import type { Place } from "../shared/errors.js";
import { type BoardOptions, readBoard } from "./board-section.js";
import { extruderModule, extruderStepperModule } from "./core/extruder.js";
import { gcodeMoveModule } from "./core/gcode.js";
import { homingModule } from "./core/homing.js";
import { motorsModule } from "./core/motors.js";
import { printerModule } from "./core/printer.js";
import { steadyhandModule } from "./core/steadyhand.js";
import { acceptKnownSections } from "./known-sections.js";
import type { AnyModule, Module, ModuleContext } from "./module.js";
import type { RunParts } from "./run-parts.js";

/** A module that was read, before and after it is made. */
export interface ModuleEntry {
  readonly definition: AnyModule;
  readonly section: string;
  readonly place: Place;
  readonly make: (ctx: ModuleContext) => Module;
  module: Module | undefined;
}

/** Sections that are read by others than a module of their own. */
const OTHER_KINDS = ["mcu", "board_pins", "duplicate_pin_override"];

/** Whether a section is one of a module's: by its first word, with a name behind it or without, with a number or not. */
function isFor({ section, named, isNumbered }: AnyModule, name: string): boolean {
  const [kind = "", label] = name.split(/\s+/, 2);
  const isKind =
    kind === section || (isNumbered === true && kind.startsWith(section) && /^\d+$/.test(kind.slice(section.length)));
  if (!isKind) return false;
  if (named === "optional") return true;
  return (named === true) === (label !== undefined);
}

/** All boards, `[mcu]` first. With `isVirtual` each of them is simulated, whatever its port. */
function readBoards(config: Config, isVirtual: boolean): readonly BoardOptions[] {
  const main = config.section("mcu");
  const others = config.ofKind("mcu").filter((section) => section !== main);
  return [main, ...others].map((section) => {
    const board = readBoard(section, boardName(section));
    return isVirtual ? { ...board, port: { kind: "virtual" } } : board;
  });
}

/** Collects entries: the printer's own modules and extruders first, so that their objects on boards come first. */
class EntryReader {
  readonly entries: ModuleEntry[] = [];
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Reads all sections of a module, or the absent one when it is always there. */
  addAll(definition: AnyModule, names: readonly string[]): void {
    const own = names.filter((name) => isFor(definition, name));
    for (const name of own) this.add(this.#config.section(name), definition);
    if (own.length === 0 && definition.isAlways === true) {
      this.add(this.#config.absent(definition.section), definition);
    }
  }

  add(section: SectionReader, definition: AnyModule): void {
    for (const chip of definition.pinChips?.(section) ?? []) this.#config.pins.addChip(chip);
    const make = definition.read(section);
    this.entries.push({ definition, section: section.name, place: section.place, make, module: undefined });
  }
}

/** Accepts sections that this program has no use for; macros may go on calling their commands, which do nothing. */
function acceptOthers(config: Config, table: CommandTable, kinds: ReadonlySet<string>): void {
  const macros = new Set(config.ofKind("gcode_macro").map(({ label }) => label.toUpperCase()));
  for (const name of acceptKnownSections(config, kinds)) {
    if (!macros.has(name) && table.get(name) === undefined) table.register(name, () => undefined);
  }
}

/** What a configuration holds. */
export interface ReadModules {
  readonly boards: readonly BoardOptions[];
  readonly entries: readonly ModuleEntry[];
}

/** Reads every section of the configuration; throws all that is wrong with it together. */
export function readModules(
  config: Config,
  parts: RunParts,
  definitions: readonly AnyModule[],
  isVirtual: boolean,
): ReadModules {
  const boards = readBoards(config, isVirtual);
  const reader = new EntryReader(config);
  const { names } = config;
  const core = [
    steadyhandModule(parts),
    printerModule(parts),
    motorsModule(parts),
    gcodeMoveModule(parts),
    homingModule(parts),
  ];
  // Missing, it is reported.
  config.section("printer");
  for (const definition of core) reader.addAll(definition, names);
  const extruder = extruderModule(parts);
  reader.addAll(extruder, names.toSorted());
  const extruderStepper = extruderStepperModule(parts);
  reader.addAll(extruderStepper, names);
  for (const name of names) {
    for (const definition of definitions) if (isFor(definition, name)) reader.add(config.section(name), definition);
  }
  const isThere = (definition: AnyModule): boolean => names.some((name) => isFor(definition, name));
  for (const definition of definitions) {
    if (definition.isAlways === true && !isThere(definition)) reader.addAll(definition, []);
  }
  const kinds = [...core, extruder, extruderStepper, ...definitions].map(({ section }) => section).concat(OTHER_KINDS);
  acceptOthers(config, parts.table, new Set(kinds));
  config.finish(kinds);
  return { boards, entries: reader.entries };
}
