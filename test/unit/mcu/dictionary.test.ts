import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Dictionary } from "../../../host/mcu/dictionary.js";
import { PayloadReader } from "../../../host/mcu/vlq.js";
import { isHostError } from "../../../host/shared/errors.js";
import { hex, toHex } from "../../support/bytes.js";
import { CODEC_JSON, codecDictionary } from "../../support/codec-dictionary.js";

const dictionary = codecDictionary();

function formatted(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isHostError(error)) return error.format();
    throw error;
  }
  return "nothing was thrown";
}

test("reads constants, version and enumerations", () => {
  expect(dictionary.version).toBe("v0.13.0-730-g84104bbbd");
  expect(dictionary.clockFrequency).toBe(16_000_000);
  expect(dictionary.constants.get("MCU")).toBe("atmega2560");
  expect(dictionary.constantOr("RECEIVE_WINDOW", 192)).toBe(192);
  expect(dictionary.pin("PB3")).toBe(11);
  expect(dictionary.pin("ADC_TEMPERATURE")).toBe(254);
  expect(dictionary.reservedFor("PE1")).toBe("serial");
  expect(dictionary.reservedFor("PA1")).toBeUndefined();
  expect(dictionary.staticString(3)).toBe("Timer too close");
  expect(dictionary.staticString(99)).toBe("reason 99");
});

test("knows commands by name and by name and fields, whatever the integer types", () => {
  expect(dictionary.has("queue_step")).toBe(true);
  expect(dictionary.has("queue_step oid=%c interval=%u count=%hu add=%hi")).toBe(true);
  expect(dictionary.has("queue_step oid=%u interval=%i count=%u add=%i")).toBe(true);
  expect(dictionary.has("queue_step oid=%c interval=%u count=%hu")).toBe(false);
  expect(dictionary.has("queue_step oid=%c count=%hu interval=%u add=%hi")).toBe(false);
  expect(dictionary.has("debug_ping data=%u")).toBe(false);
  expect(dictionary.has("queue")).toBe(false);
  expect(dictionary.hasResponse("clock clock=%u")).toBe(true);
});

test("encodes commands as Klipper's host does", () => {
  const into = new Uint8Array(64);
  const step = dictionary.command("queue_step oid=%c interval=%u count=%hu add=%hi", "stepper x");
  expect(toHex(into.subarray(3, step.encode(into, 3, 2, 2668, 182, -6160)))).toBe(
    "1602946c8136ff4f70".replace("ff4f70", "ffcf70"),
  );
  expect(toHex(dictionary.command("reset", "reset").toBytes())).toBe("70");
  expect(toHex(dictionary.command("debug_ping", "test").toBytes(hex("7e7e7e")))).toBe("0a037e7e7e");
  expect(toHex(dictionary.command("config_analog_in", "sensor").toBytes(10, 86))).toBe("210a56");
});

test("the numeric encoder and the list encoder write the same for every command", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        ...dictionary.commands.filter((format) => format.fields.every((field) => field.kind !== "bytes")),
      ),
      fc.array(fc.integer({ min: -0x80000000, max: 0xffffffff }), { minLength: 10, maxLength: 10 }),
      (format, values) => {
        const command = dictionary.command(format.text, "test");
        const a = new Uint8Array(64);
        const b = new Uint8Array(64);
        const used = values.slice(0, format.fields.length);
        const [v0, v1, v2, v3, v4, v5, v6, v7, v8, v9] = values;
        const end = command.encode(a, 0, v0, v1, v2, v3, v4, v5, v6, v7, v8, v9);
        expect(command.encodeValues(b, 0, used)).toBe(end);
        expect(a).toEqual(b);
        expect(end).toBeLessThanOrEqual(command.maxLength);
      },
    ),
  );
});

test("refuses a wrong number of values", () => {
  expect(() => dictionary.command("get_clock", "test").toBytes(1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: get_clock: 0 values wanted, 1 given]`,
  );
});

test("reads responses that firmware sent", () => {
  const clock = dictionary.response<"clock">("clock clock=%u", "clock");
  const reader = new PayloadReader().open(hex("768aa3c900"));
  expect(reader.int()).toBe(clock.format.id);
  expect(clock.read(reader)).toBe(true);
  expect(clock.number("clock")).toBe(21_554_304);
  const shutdown = dictionary.response<"clock" | "static_string_id">("shutdown", "shutdown");
  expect(shutdown.read(new PayloadReader().open(hex("8aa3c90003")))).toBe(true);
  expect(shutdown.text("static_string_id")).toBe("Timer too close");
  const position = dictionary.response<"oid" | "pos">("stepper_position", "stepper");
  expect(position.read(new PayloadReader().open(hex("007f")))).toBe(true);
  expect(position.number("pos")).toBe(-1);
  expect(position.read(new PayloadReader().open(hex("00")))).toBe(false);
});

test("a name of an enumeration also serves fields that end in it", () => {
  const stepper = dictionary.findCommand("config_stepper");
  expect(stepper?.fields.map((field) => field.enumeration?.name)).toEqual([
    undefined,
    "pin",
    "pin",
    undefined,
    undefined,
  ]);
  expect(dictionary.findCommand("spi_set_bus")?.fields[1]?.enumeration?.name).toBe("spi_bus");
});

test("says which feature needs a command that the firmware lacks", () => {
  expect(
    formatted(() => dictionary.command("queue_digital_out oid=%c clock=%u on_ticks=%u", "heater extruder")),
  ).toMatchInlineSnapshot(`
    "mcu 'mcu': firmware v0.13.0-730-g84104bbbd has no 'queue_digital_out', which heater extruder needs (MCU_COMMAND_MISSING)
      To fix: flash a current Klipper firmware on this board; heater extruder cannot be used until then."
  `);
  expect(formatted(() => dictionary.command("queue_step oid=%c interval=%u", "stepper x"))).toMatchInlineSnapshot(`
    "mcu 'mcu': firmware v0.13.0-730-g84104bbbd has 'queue_step oid=%c interval=%u count=%hu add=%hi' where 'queue_step oid=%c interval=%u' is needed, which stepper x needs (MCU_COMMAND_MISSING)
      To fix: flash a current Klipper firmware on this board; stepper x cannot be used until then."
  `);
  expect(formatted(() => dictionary.response("analog_in_state", "sensor extruder"))).toMatchInlineSnapshot(`
    "mcu 'mcu': firmware v0.13.0-730-g84104bbbd has no 'analog_in_state', which sensor extruder needs (MCU_COMMAND_MISSING)
      To fix: flash a current Klipper firmware on this board; sensor extruder cannot be used until then."
  `);
});

test("suggests the pin that was meant", () => {
  expect(formatted(() => dictionary.pin("PB33"))).toMatchInlineSnapshot(`
    "mcu 'mcu': this board has no pin 'PB33' (MCU_PIN_UNKNOWN)
      To fix: did you mean 'PB3'?"
  `);
  expect(formatted(() => dictionary.pin("gpio25"))).toMatchInlineSnapshot(`
    "mcu 'mcu': this board has no pin 'gpio25' (MCU_PIN_UNKNOWN)
      To fix: use a pin name of this board's chip, such as 'PA0', or add a [board_pins] section for its names."
  `);
});

test("reads the compressed form", () => {
  expect(Dictionary.fromCompressed(deflateSync(CODEC_JSON)).version).toBe(dictionary.version);
});

test.each([
  ["not JSON", "{"],
  ["a list", "[]"],
  ["no commands", '{"responses":{}}'],
  ["an id that is text", '{"commands":{"get_clock":"5"},"responses":{}}'],
  ["an unknown type", '{"commands":{"get_clock a=%q":5},"responses":{}}'],
  ["a shared id", '{"commands":{"a":5,"b":5},"responses":{}}'],
  ["a bad enumeration", '{"commands":{},"responses":{},"enumerations":{"pin":{"PA0":"x"}}}'],
  ["an endless range", '{"commands":{},"responses":{},"enumerations":{"pin":{"PA0":[0,1000000000]}}}'],
  ["a bad constant", '{"commands":{},"responses":{},"config":{"CLOCK_FREQ":null}}'],
])("refuses a dictionary with %s", (_, json) => {
  expect(formatted(() => Dictionary.parse(json))).toContain("(MCU_DICTIONARY)");
});

test("any JSON gives a dictionary or MCU_DICTIONARY, never another error", () => {
  const part = fc.option(fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.jsonValue())), { nil: undefined });
  fc.assert(
    fc.property(
      fc.record({ commands: part, responses: part, enumerations: part, config: part, output: part }),
      (root) => {
        const text = formatted(() => Dictionary.parse(JSON.stringify(root)));
        expect(text === "nothing was thrown" || text.includes("MCU_DICTIONARY")).toBe(true);
      },
    ),
  );
});

test("refuses compressed bytes that are broken", () => {
  expect(formatted(() => Dictionary.fromCompressed(hex("789c0102"), "toolboard"))).toMatchInlineSnapshot(`
    "mcu 'toolboard': the board's dictionary cannot be used: it cannot be uncompressed (MCU_DICTIONARY)
      To fix: flash the board with a stock Klipper firmware again, then run FIRMWARE_RESTART."
  `);
});
