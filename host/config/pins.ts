// thread: any
import { HostError, type Place } from "../shared/errors.js";
import { suggest } from "../shared/suggest.js";
import { type OptionRef, quoteValue } from "./problems.js";

/** A pin of a board, or of something that offers pins of its own, such as `probe:z_virtual_endstop`. */
export interface Pin {
  /** Name of the board (`mcu`) or of what else owns the pin (`probe`, `tmc2209_stepper_x`). */
  readonly chip: string;
  /** Name of the pin on the chip, aliases resolved. */
  readonly pin: string;
  /** Whether low means active (`!`). */
  readonly invert: boolean;
  /** 1 with a pull-up resistor (`^`), -1 with a pull-down (`~`). */
  readonly pullup: -1 | 0 | 1;
  /** Where the configuration names it. */
  readonly place: Place | undefined;
}

/** What a reader of a pin can do with it. */
export interface PinUse {
  /** Whether `!` is allowed; default true. */
  readonly invert?: boolean;
  /** Whether `^` and `~` are allowed; default false, as for outputs. */
  readonly pullup?: boolean;
  /** Options with the same word here may name the same pin, with the same modifiers. */
  readonly share?: string;
  /** Those that share the pin may name it with other modifiers: each sets it as it needs it. Default false. */
  readonly mayDiffer?: boolean;
  /** One sentence for the configuration reference. */
  readonly help?: string;
}

/** The parts of a pin as written, `chip` being `mcu` when it is left out. `undefined` when it is no pin. */
export function parsePin(text: string): Omit<Pin, "place"> | undefined {
  const parts = /^([\s^~!]*)(?:([^\s:^~!]+)\s*:)?([\s^~!]*)([^\s:^~!]+)\s*$/.exec(text);
  if (parts === null) return undefined;
  const [, before = "", chip = "mcu", after = "", pin = ""] = parts;
  const modifiers = (before + after).replace(/\s/g, "");
  const isClear = new Set(modifiers).size === modifiers.length && !(modifiers.includes("^") && modifiers.includes("~"));
  if (!isClear) return undefined;
  const pullup = modifiers.includes("^") ? 1 : modifiers.includes("~") ? -1 : 0;
  return { chip, pin, invert: modifiers.includes("!"), pullup };
}

interface Claim {
  readonly pin: Pin;
  readonly share: string | undefined;
  readonly mayDiffer: boolean;
  readonly ref: OptionRef;
}

function whereText({ file, line }: Place): string {
  return file === undefined ? "" : ` (${file}:${line ?? 1})`;
}

/** What is known of a chip's pins. */
class Chip {
  readonly aliases = new Map<string, string>();
  readonly reserved = new Map<string, string>();
  readonly claims = new Map<string, Claim>();
  readonly mayRepeat = new Set<string>();

  /** Follows aliases to the pin's own name; an alias that leads back to itself ends where it starts to repeat. */
  resolve(name: string): string {
    const seen = new Set<string>();
    let pin = name;
    for (let next = this.aliases.get(pin); next !== undefined && !seen.has(pin); next = this.aliases.get(pin)) {
      seen.add(pin);
      pin = next;
    }
    return pin;
  }
}

/** Who uses which pin. Problems go to `report`, so that all of one configuration appear together. */
export class PinTable {
  readonly #chips = new Map<string, Chip>();
  /** Chips that exist; pins of others are errors when `check` is called. */
  readonly #known = new Set<string>();
  readonly #report: (error: HostError) => void;

  constructor(report: (error: HostError) => void) {
    this.#report = report;
  }

  /** Makes `name` a board, or something else that offers pins. */
  addChip(name: string): void {
    this.#known.add(name);
  }

  hasChip(name: string): boolean {
    return this.#known.has(name);
  }

  /** From now on `alias` means `pin` on that chip; `<text>` as pin reserves the alias. */
  addAlias(chip: string, alias: string, pin: string, ref: OptionRef): void {
    const { aliases, reserved } = this.#chip(chip);
    const purpose = /^<(.*)>$/.exec(pin)?.[1];
    if (purpose !== undefined) {
      reserved.set(alias, purpose.trim());
      return;
    }
    if (/[\s:^~!]/.test(pin) || pin === "") {
      this.#fault(
        ref,
        pin,
        `has alias '${alias}' for '${pin}', which is not a pin`,
        "write it as NAME=PIN, without ! or ^",
      );
      return;
    }
    const other = aliases.get(alias);
    if (other !== undefined && other !== pin) {
      this.#fault(
        ref,
        pin,
        `makes '${alias}' mean ${pin}, but it means ${other} already`,
        "remove one of the two aliases",
      );
      return;
    }
    aliases.set(alias, pin);
  }

  /** Pins that nothing may use: the board needs them itself, as its dictionary says. */
  reserve(chip: string, pin: string, purpose: string): void {
    this.#chip(chip).reserved.set(pin, purpose);
  }

  /** Allows the pin to be named by any number of options. */
  allowRepeats(chip: string, pin: string): void {
    const known = this.#chip(chip);
    known.mayRepeat.add(known.resolve(pin));
  }

  /**
   * The pin that `text` means, noted as used by `ref`. When it is no pin, or one that is taken, that is reported, and
   * what could be understood is returned.
   */
  claim(text: string, use: PinUse, ref: OptionRef): Pin {
    const parsed = parsePin(text);
    if (parsed === undefined) {
      const found = text.trim() === "" ? "is empty" : `is ${quoteValue(text)}, which is not a pin`;
      const fix = "write it as PA1, !PA1 (inverted), ^PA1 (pull-up), ~PA1 (pull-down) or board:PA1";
      this.#fault(ref, text, found, fix);
      return { chip: "mcu", pin: "", invert: false, pullup: 0, place: ref.place };
    }
    const chip = this.#chip(parsed.chip);
    const pin: Pin = { ...parsed, pin: chip.resolve(parsed.pin), place: ref.place };
    if (pin.invert && use.invert === false) {
      this.#fault(ref, text, `is ${quoteValue(text)}, but this pin cannot be inverted`, "remove the !");
    }
    if (pin.pullup !== 0 && use.pullup !== true) {
      const fix = `remove the ${pin.pullup > 0 ? "^" : "~"}`;
      this.#fault(ref, text, `is ${quoteValue(text)}, but this pin cannot have a pull resistor`, fix);
    }
    const purpose = chip.reserved.get(parsed.pin) ?? chip.reserved.get(pin.pin);
    if (purpose !== undefined) {
      this.#fault(ref, text, `is ${quoteValue(text)}, which is reserved for ${purpose}`, "use another pin");
    }
    this.#take(chip, { pin, share: use.share, mayDiffer: use.mayDiffer === true, ref }, text);
    return pin;
  }

  /** Pins of a chip that options name, each with the first option that does: to hold them against the board itself. */
  uses(chip: string): readonly { readonly pin: Pin; readonly ref: OptionRef }[] {
    return [...(this.#chips.get(chip)?.claims.values() ?? [])].map(({ pin, ref }) => ({ pin, ref }));
  }

  /** Reports the pins of chips that do not exist. To be called when every module has read its options. */
  check(): void {
    for (const [name, chip] of this.#chips) {
      if (this.#known.has(name)) continue;
      const similar = suggest(name, this.#known);
      for (const { ref } of chip.claims.values()) {
        this.#fault(
          ref,
          name,
          `names '${name}', but no board or device is called that`,
          similar === undefined
            ? "add the section of that board or device, or correct the name"
            : `did you mean '${similar}'?`,
        );
      }
    }
  }

  #chip(name: string): Chip {
    let chip = this.#chips.get(name);
    if (chip === undefined) {
      chip = new Chip();
      this.#chips.set(name, chip);
    }
    return chip;
  }

  #take(chip: Chip, claim: Claim, text: string): void {
    const { pin, share, mayDiffer, ref } = claim;
    const other = chip.claims.get(pin.pin);
    if (other === undefined) {
      chip.claims.set(pin.pin, claim);
      return;
    }
    const isSameOption = other.ref.section === ref.section && other.ref.option === ref.option;
    if (isSameOption || chip.mayRepeat.has(pin.pin)) return;
    const user = `option '${other.ref.option}' in section '${other.ref.section}'${whereText(other.ref.place)}`;
    if (share === undefined || share !== other.share) {
      const message = `is ${quoteValue(text)}, but that pin is used by ${user}`;
      this.#fault(ref, text, message, "give one of them another pin");
    } else if (!mayDiffer && (pin.invert !== other.pin.invert || pin.pullup !== other.pin.pullup)) {
      const message = `is ${quoteValue(text)}, but ${user} has the same pin with other modifiers`;
      this.#fault(ref, text, message, "write !, ^ and ~ alike in both");
    }
  }

  #fault(ref: OptionRef, value: string, problem: string, fix: string): void {
    const { section, option, place } = ref;
    this.#report(
      new HostError("CFG_PIN", `option '${option}' in section '${section}' ${problem}`, {
        details: { section, option, value },
        fix,
        place,
      }),
    );
  }
}
