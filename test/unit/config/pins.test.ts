import fc from "fast-check";
import { expect, test } from "vitest";
import type { Config } from "../../../host/config/config.js";
import { type Pin, parsePin } from "../../../host/config/pins.js";
import { configOf, problemsOf } from "./support.js";

const FINE = "nothing was thrown";
const INPUT = { pullup: true };

/** A configuration with `[a]` to `[c]`, each with one pin, read in that order. */
async function claims(pins: readonly string[], above = "", use = {}): Promise<[readonly Pin[], string]> {
  const names = ["a", "b", "c"].slice(0, pins.length);
  const config = await configOf(`${above}\n${names.map((name, index) => `[${name}]\npin: ${pins[index]}\n`).join("")}`);
  const read = names.map((name) => config.section(name).pin("pin", use));
  return [read, problemsOf(config)];
}

test("reads modifiers, board and pin", () => {
  expect(parsePin("PA1")).toEqual({ chip: "mcu", pin: "PA1", invert: false, pullup: 0 });
  expect(parsePin("^!PA1")).toEqual({ chip: "mcu", pin: "PA1", invert: true, pullup: 1 });
  expect(parsePin("~ tool : P1.24 ")).toEqual({ chip: "tool", pin: "P1.24", invert: false, pullup: -1 });
  expect(parsePin("mcu:^!PA1")).toEqual(parsePin("^!mcu:PA1"));
  expect(parsePin("! rpi:gpiochip0/gpio17")).toMatchObject({ chip: "rpi", pin: "gpiochip0/gpio17", invert: true });
  expect(parsePin("probe:z_virtual_endstop")).toMatchObject({ chip: "probe", pin: "z_virtual_endstop" });
  expect(parsePin("^tmc2209_stepper_x:virtual_endstop")).toMatchObject({ chip: "tmc2209_stepper_x", pullup: 1 });
});

test("what is no pin is refused", () => {
  for (const text of ["", " ", "PA 0", "mcu:mcu:PA0", "mcu:", ":PA0", "PA0!", "!!PA0", "^~PA0", "!mcu:!PA0", "^"]) {
    expect(parsePin(text), text).toBeUndefined();
  }
});

test("every pin that is written reads back", () => {
  const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_./]{0,8}$/);
  fc.assert(
    fc.property(
      word,
      word,
      fc.boolean(),
      fc.constantFrom<-1 | 0 | 1>(-1, 0, 1),
      fc.boolean(),
      (chip, pin, invert, pullup, isSwapped) => {
        const pull = pullup === 0 ? "" : pullup > 0 ? "^" : "~";
        const modifiers = isSwapped ? `${invert ? "!" : ""}${pull}` : `${pull}${invert ? "!" : ""}`;
        expect(parsePin(`${modifiers}${chip}:${pin}`)).toEqual({ chip, pin, invert, pullup });
      },
    ),
  );
});

test("hostile text never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("^", "!", "~", ":", " ", "P", "1", "<", "é", "\n") }), (text) => {
      expect(() => parsePin(text)).not.toThrow();
    }),
  );
});

test("a pin knows its option's line", async () => {
  const [[pin], problems] = await claims(["!PA1"]);
  expect(problems).toBe(FINE);
  expect(pin).toEqual({ chip: "mcu", pin: "PA1", invert: true, pullup: 0, place: { file: "printer.cfg", line: 3 } });
});

test("modifiers that the use does not allow are reported", async () => {
  const [, pull] = await claims(["^PA1"]);
  expect(pull).toMatchInlineSnapshot(`
    "printer.cfg:3: option 'pin' in section 'a' is '^PA1', but this pin cannot have a pull resistor (CFG_PIN)
      To fix: remove the ^"
  `);
  const [, invert] = await claims(["!PA1"], "", { invert: false });
  expect(invert).toMatchInlineSnapshot(`
    "printer.cfg:3: option 'pin' in section 'a' is '!PA1', but this pin cannot be inverted (CFG_PIN)
      To fix: remove the !"
  `);
  expect((await claims(["~!PA1"], "", INPUT))[1]).toBe(FINE);
});

test("a text that is no pin is reported", async () => {
  expect((await claims(["PA 0"]))[1]).toMatchInlineSnapshot(`
    "printer.cfg:3: option 'pin' in section 'a' is 'PA 0', which is not a pin (CFG_PIN)
      To fix: write it as PA1, !PA1 (inverted), ^PA1 (pull-up), ~PA1 (pull-down) or board:PA1"
  `);
  expect((await claims([""]))[1]).toMatchInlineSnapshot(`
    "printer.cfg:3: option 'pin' in section 'a' is empty (CFG_PIN)
      To fix: write it as PA1, !PA1 (inverted), ^PA1 (pull-up), ~PA1 (pull-down) or board:PA1"
  `);
});

test("a pin that two options use is reported with both places", async () => {
  expect((await claims(["PA1", "!PA1"]))[1]).toMatchInlineSnapshot(`
    "printer.cfg:5: option 'pin' in section 'b' is '!PA1', but that pin is used by option 'pin' in section 'a' (printer.cfg:3) (CFG_PIN)
      To fix: give one of them another pin"
  `);
});

test("the same name on another board is another pin", async () => {
  const config = await configOf("[mcu]\nserial: x\n[mcu tool]\nserial: y\n[a]\npin: PA1\n[b]\npin: tool:PA1\n");
  for (const name of ["mcu", "mcu tool"]) config.section(name).string("serial");
  for (const name of ["a", "b"]) config.section(name).pin("pin");
  expect(problemsOf(config)).toBe(FINE);
});

test("options that share a pin may name it when they mean the same", async () => {
  expect((await claims(["^PA1", "^PA1"], "", { pullup: true, share: "endstop" }))[1]).toBe(FINE);
  expect((await claims(["^PA1", "PA1"], "", { pullup: true, share: "endstop" }))[1]).toMatchInlineSnapshot(`
    "printer.cfg:5: option 'pin' in section 'b' is 'PA1', but option 'pin' in section 'a' (printer.cfg:3) has the same pin with other modifiers (CFG_PIN)
      To fix: write !, ^ and ~ alike in both"
  `);
});

test("duplicate_pin_override allows a pin to be used twice", async () => {
  expect((await claims(["PA1", "PA1"], "[duplicate_pin_override]\npins: PA1, tool:PB1"))[1]).toBe(FINE);
  expect((await claims(["PA1", "PA1"], "[duplicate_pin_override]\npins: PB1"))[1]).toContain("CFG_PIN");
});

test("duplicate_pin_override is held to pins too", async () => {
  expect((await claims(["PA1"], "[duplicate_pin_override]\npins: P A1"))[1]).toMatchInlineSnapshot(`
    "printer.cfg:2: option 'pins' in section 'duplicate_pin_override' has 'P A1', which is not a pin (CFG_CONFLICT)
      To fix: write pins such as PA1 or board:PA1"
  `);
});

const aliased = (aliases: string) => `[board_pins x]\naliases: ${aliases}`;

test("aliases stand for pins, also by way of other aliases, whatever the order of sections", async () => {
  const [[pin], problems] = await claims(["!EXP1_1"], aliased("EXP1_1=FIRST, FIRST=PA0,\n  EXP1_2=PA2,"));
  expect(problems).toBe(FINE);
  expect(pin).toMatchObject({ chip: "mcu", pin: "PA0", invert: true });
  const config = await configOf("[a]\npin: X\n[board_pins]\naliases_more: X=PB3\n");
  expect(config.section("a").pin("pin").pin).toBe("PB3");
});

test("an alias and its pin are one pin", async () => {
  expect((await claims(["PA0", "EXP1_1"], aliased("EXP1_1=PA0")))[1]).toContain("is 'EXP1_1', but that pin is used by");
});

test("reserved pins are refused", async () => {
  expect((await claims(["EXP1_9"], aliased("EXP1_9=<GND>")))[1]).toMatchInlineSnapshot(`
    "printer.cfg:4: option 'pin' in section 'a' is 'EXP1_9', which is reserved for GND (CFG_PIN)
      To fix: use another pin"
  `);
});

test("aliases that lead in a circle end", async () => {
  const [[pin]] = await claims(["A"], aliased("A=B, B=C, C=A"));
  expect(pin?.pin).toBe("A");
});

test("aliases may be for several boards, and only for boards that exist", async () => {
  const above = "[mcu]\nserial: x\n[mcu tool]\nserial: y\n[board_pins]\nmcu: mcu, tool, toll\naliases: A=PA0\n";
  const config = await configOf(`${above}[a]\npin: tool:A\n`);
  for (const name of ["mcu", "mcu tool"]) config.section(name).string("serial");
  expect(config.section("a").pin("pin")).toMatchObject({ chip: "tool", pin: "PA0" });
  expect(problemsOf(config)).toMatchInlineSnapshot(`
    "printer.cfg:6: option 'mcu' in section 'board_pins' names 'toll', but there is no such board (CFG_CONFLICT)
      To fix: add a section [mcu toll], or correct it"
  `);
});

test("aliases that contradict each other or are no pins are reported", async () => {
  const config: Config = await configOf("[board_pins]\naliases: A=PA0, A=PA1, B=!PA2\n[board_pins two]\naliases: C\n");
  expect(problemsOf(config)).toMatchInlineSnapshot(`
    "the configuration has 3 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:2: option 'aliases' in section 'board_pins' makes 'A' mean PA1, but it means PA0 already (CFG_PIN)
      To fix: remove one of the two aliases
    printer.cfg:2: option 'aliases' in section 'board_pins' has alias 'B' for '!PA2', which is not a pin (CFG_PIN)
      To fix: write it as NAME=PIN, without ! or ^
    printer.cfg:4: option 'aliases' in section 'board_pins two' is 'C', which is not a list with commas between groups of 2 values with '=' between them (CFG_OPTION_TYPE)
      To fix: write 2 values with '=' between them"
  `);
});

test("a pin of a board that does not exist is reported at the end, with a suggestion", async () => {
  const config = await configOf(
    "[mcu]\nserial: x\n[mcu toolhead]\nserial: y\n[a]\npin: toolhaed:PA1\n[b]\npin: probe:z\n",
  );
  for (const name of ["mcu", "mcu toolhead"]) config.section(name).string("serial");
  for (const name of ["a", "b"]) config.section(name).pin("pin");
  expect(problemsOf(config)).toMatchInlineSnapshot(`
    "the configuration has 2 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:6: option 'pin' in section 'a' names 'toolhaed', but no board or device is called that (CFG_PIN)
      To fix: did you mean 'toolhead'?
    printer.cfg:8: option 'pin' in section 'b' names 'probe', but no board or device is called that (CFG_PIN)
      To fix: add the section of that board or device, or correct the name"
  `);
});

test("modules can offer pins of their own, also after others have named them", async () => {
  const config = await configOf("[stepper_z]\nendstop_pin: probe:z_virtual_endstop\n");
  expect(config.section("stepper_z").pin("endstop_pin", INPUT)).toMatchObject({ chip: "probe" });
  config.pins.addChip("probe");
  expect(problemsOf(config)).toBe(FINE);
});

test("pins that the board needs itself can be reserved", async () => {
  const config = await configOf("[a]\npin: PA9\n");
  config.pins.reserve("mcu", "PA9", "its serial port");
  config.section("a").pin("pin");
  expect(problemsOf(config)).toContain("is 'PA9', which is reserved for its serial port");
});

test("a list of pins is read pin by pin", async () => {
  const config = await configOf("[multi_pin x]\npins: PA1, !PA2\n");
  expect(
    config
      .section("multi_pin x")
      .pins("pins")
      .map(({ pin, invert }) => [pin, invert]),
  ).toEqual([
    ["PA1", false],
    ["PA2", true],
  ]);
  expect(problemsOf(config)).toBe(FINE);
});
