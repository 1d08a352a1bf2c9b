// thread: any
import type { PinTable } from "./pins.js";
import { parsePin } from "./pins.js";
import type { SectionLookup, SectionReader } from "./section-reader.js";

const ALIASES = "aliases";

/** Name of the board that an `[mcu]` or `[mcu NAME]` section describes. */
export function boardName(section: SectionReader): string {
  return section.label === "" ? "mcu" : section.label;
}

/** `[board_pins NAME]`: other names for the pins of one or more boards. */
export function readAliases(section: SectionReader, pins: PinTable): void {
  const boards = section.list("mcu", ["mcu"], { help: "Boards that the aliases are for." });
  for (const board of boards) {
    if (pins.hasChip(board)) continue;
    section.reject(
      "mcu",
      `names '${board}', but there is no such board`,
      `add a section [mcu ${board}], or correct it`,
    );
  }
  for (const option of [ALIASES, ...section.optionsWith(`${ALIASES}_`)]) {
    const place = section.placeOf(option);
    for (const [alias = "", pin = ""] of section.table(option, ",", [], { separator: "=", count: 2 })) {
      for (const board of boards) pins.addAlias(board, alias, pin, { section: section.name, option, place });
    }
  }
}

/**
 * `[mcu NAME]`, `[board_pins NAME]` and `[duplicate_pin_override]`: which boards there are, what else their pins are
 * called, and which pins may be used twice. Read before any module, so that the order of sections does not matter.
 */
export function readBoardPins(config: SectionLookup, pins: PinTable): void {
  pins.addChip("mcu");
  for (const section of config.ofKind("mcu")) pins.addChip(boardName(section));
  for (const section of config.ofKind("board_pins")) readAliases(section, pins);
  const override = config.optional("duplicate_pin_override");
  for (const name of override?.list("pins") ?? []) {
    const parsed = parsePin(name);
    if (parsed !== undefined) pins.allowRepeats(parsed.chip, parsed.pin);
    else override?.reject("pins", `has '${name}', which is not a pin`, "write pins such as PA1 or board:PA1");
  }
}
