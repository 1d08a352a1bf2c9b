import fc from "fast-check";
import { expect, test } from "vitest";
import { commandText, encodeCommandText, responseText } from "../../../host/mcu/command-text.js";
import { configCrc } from "../../../host/mcu/config-crc.js";
import { CommandEncoder } from "../../../host/mcu/message-format.js";
import { isHostError } from "../../../host/shared/errors.js";
import { hex, join, toHex } from "../../support/bytes.js";
import { codecDictionary } from "../../support/codec-dictionary.js";

const dictionary = codecDictionary();

// Lines of a recorded stream and the bytes that Klipper's host sent for them.
const RECORDED = [
  ["allocate_oids count=19", "0813"],
  ["config_analog_in oid=10 pin=PK6", "210a56"],
  ["config_digital_out oid=11 pin=PH5 value=0 default_value=0 max_duration=48000000", "110b3d000096f1d800"],
  ["set_digital_out_pwm_cycle oid=11 cycle_ticks=1600000", "100b80e1d400"],
  ["config_stepper oid=2 step_pin=PF0 dir_pin=PF1 invert_step=0 step_pulse_ticks=32", "170228290020"],
] as const;

test.each(RECORDED)("%s is %s", (text, bytes) => {
  expect(toHex(encodeCommandText(dictionary, text))).toBe(bytes);
  expect(commandText(dictionary, hex(bytes))).toBe(text);
});

test("prints all commands of a block, a line each", () => {
  expect(commandText(dictionary, join(RECORDED.map(([, bytes]) => hex(bytes))))).toBe(
    RECORDED.map(([text]) => text).join("\n"),
  );
});

test("fields may come in any order, with any space between", () => {
  expect(toHex(encodeCommandText(dictionary, "  config_analog_in   pin=PK6 oid=10 "))).toBe("210a56");
});

test("what is printed is read back to the same bytes", () => {
  const int = fc.oneof(fc.integer({ min: -0x80000000, max: 0xffffffff }), fc.integer({ min: -100, max: 300 }));
  const values = fc.array(fc.tuple(int, fc.uint8Array({ maxLength: 20 })), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(fc.constantFrom(...dictionary.commands), values, (format, drawn) => {
      const bytes = new CommandEncoder(format).toBytes(
        ...format.fields.map((field, i) => drawn[i]?.[field.kind === "bytes" ? 1 : 0] ?? 0),
      );
      const text = commandText(dictionary, bytes) ?? "";
      expect(toHex(encodeCommandText(dictionary, text))).toBe(toHex(bytes));
    }),
    { numRuns: 500 },
  );
});

test("prints numbers at their limits", () => {
  const step = (interval: number, count: number, add: number): string | undefined =>
    commandText(dictionary, dictionary.command("queue_step", "test").toBytes(5, interval, count, add));
  expect(step(4294967295, 65535, -32768)).toBe("queue_step oid=5 interval=4294967295 count=65535 add=-32768");
  expect(step(2147483648, 0, 32767)).toBe("queue_step oid=5 interval=2147483648 count=0 add=32767");
  expect(step(2147483647, 10, -1)).toBe("queue_step oid=5 interval=2147483647 count=10 add=-1");
  expect(step(1000000000, 9, 0)).toBe("queue_step oid=5 interval=1000000000 count=9 add=0");
});

test("a value without a name is printed with a question mark, one with several names by its last", () => {
  expect(commandText(dictionary, hex("210a8178"))).toBe("config_analog_in oid=10 pin=?248");
  expect(toHex(encodeCommandText(dictionary, "config_analog_in oid=10 pin=?248"))).toBe("210a8178");
  expect(commandText(dictionary, dictionary.command("spi_set_bus", "spi").toBytes(1, 1, 3, 5000))).toBe(
    "spi_set_bus oid=1 spi_bus=spi1_PA6_PA7_PA5 mode=3 rate=5000",
  );
});

test("prints responses and debug texts", () => {
  expect(responseText(dictionary, hex("768aa3c900"))).toBe("clock clock=21554304");
  expect(responseText(dictionary, hex("5a"))).toBeUndefined();
  expect(responseText(dictionary, hex("8078 05 02 6869 7f"))).toBe("#output The value of 5 is hi with offset -1.");
  expect(responseText(dictionary, hex("8078 05 02 68"))).toBeUndefined();
});

test("prints a CRC as Klipper's host encodes it", () => {
  expect(commandText(dictionary, hex("068cd3d7ec5b"))).toBe("finalize_config crc=3396728411");
});

test("what is no command has no text", () => {
  expect(commandText(dictionary, hex("5a"))).toBeUndefined();
  expect(commandText(dictionary, hex("160281"))).toBeUndefined();
});

function refusal(text: string): string {
  try {
    encodeCommandText(dictionary, text, "fan");
  } catch (error) {
    if (isHostError(error)) return error.format();
    throw error;
  }
  return "nothing was thrown";
}

test("says what is wrong with a command's text", () => {
  expect(refusal("queue_step oid=1 interval=5 count=1")).toMatchInlineSnapshot(`
    "mcu 'mcu': command 'queue_step oid=1 interval=5 count=1' cannot be sent: 'add' is missing (MCU_CONFIG)
      To fix: check the section that sends it in printer.cfg; report it if the config is right."
  `);
  expect(refusal("queue_step oid=1 interval=5 count=1 add=0 more=1")).toMatchInlineSnapshot(`
    "mcu 'mcu': command 'queue_step oid=1 interval=5 count=1 add=0 more=1' cannot be sent: 'queue_step' has no 'more': this firmware's form is 'queue_step oid=%c interval=%u count=%hu add=%hi' (MCU_CONFIG)
      To fix: check the section that sends it in printer.cfg; report it if the config is right."
  `);
  expect(refusal("queue_step oid=1 oid=2 interval=5 count=1 add=0")).toMatchInlineSnapshot(`
    "mcu 'mcu': command 'queue_step oid=1 oid=2 interval=5 count=1 add=0' cannot be sent: 'oid' is given twice (MCU_CONFIG)
      To fix: check the section that sends it in printer.cfg; report it if the config is right."
  `);
  expect(refusal("queue_step oid=1 interval count=1 add=0")).toMatchInlineSnapshot(`
    "mcu 'mcu': command 'queue_step oid=1 interval count=1 add=0' cannot be sent: 'interval' has no value (MCU_CONFIG)
      To fix: check the section that sends it in printer.cfg; report it if the config is right."
  `);
  expect(refusal("queue_step oid=1 interval=5.5 count=1 add=0")).toMatchInlineSnapshot(`
    "mcu 'mcu': command 'queue_step oid=1 interval=5.5 count=1 add=0' cannot be sent: 'interval' is not a number (MCU_CONFIG)
      To fix: check the section that sends it in printer.cfg; report it if the config is right."
  `);
  expect(refusal("queue_step oid=1 interval=4294967296 count=1 add=0")).toMatchInlineSnapshot(`
    "mcu 'mcu': command 'queue_step oid=1 interval=4294967296 count=1 add=0' cannot be sent: 'interval' does not fit in 32 bits (MCU_CONFIG)
      To fix: check the section that sends it in printer.cfg; report it if the config is right."
  `);
  expect(refusal("spi_set_bus oid=1 spi_bus=spi9 mode=3 rate=5000")).toMatchInlineSnapshot(`
    "mcu 'mcu': command 'spi_set_bus oid=1 spi_bus=spi9 mode=3 rate=5000' cannot be sent: 'spi_bus' is 'spi9', which this board does not have: it has spi, spi1, spi1_PA6_PA7_PA5 (MCU_CONFIG)
      To fix: check the section that sends it in printer.cfg; report it if the config is right."
  `);
  expect(refusal("debug_ping data=123")).toMatchInlineSnapshot(`
    "mcu 'mcu': command 'debug_ping data=123' cannot be sent: 'data' must be hexadecimal digits, two for each byte (MCU_CONFIG)
      To fix: check the section that sends it in printer.cfg; report it if the config is right."
  `);
  expect(refusal("config_analog_in oid=1 pin=PB9")).toMatchInlineSnapshot(`
    "mcu 'mcu': this board has no pin 'PB9' (MCU_PIN_UNKNOWN)
      To fix: did you mean 'PB0'?"
  `);
  expect(refusal("queue_digital_out oid=1 clock=5 on_ticks=0")).toMatchInlineSnapshot(`
    "mcu 'mcu': firmware v0.13.0-730-g84104bbbd has no 'queue_digital_out', which fan needs (MCU_COMMAND_MISSING)
      To fix: flash a current Klipper firmware on this board; fan cannot be used until then."
  `);
});

test("the CRC of a configuration is the one that Klipper's host sends for the same lines", () => {
  const lines = [
    "allocate_oids count=19",
    "config_analog_in oid=10 pin=PK6",
    "config_digital_out oid=11 pin=PH5 value=0 default_value=0 max_duration=48000000",
    "set_digital_out_pwm_cycle oid=11 cycle_ticks=1600000",
    "config_digital_out oid=12 pin=PH6 value=0 default_value=0 max_duration=0",
    "set_digital_out_pwm_cycle oid=12 cycle_ticks=160000",
    "config_endstop oid=0 pin=PE5 pull_up=1",
    "config_trsync oid=1",
    "config_stepper oid=2 step_pin=PF0 dir_pin=PF1 invert_step=0 step_pulse_ticks=32",
    "config_digital_out oid=13 pin=PD7 value=1 default_value=1 max_duration=0",
    "config_endstop oid=3 pin=PJ1 pull_up=1",
    "config_trsync oid=4",
    "config_stepper oid=5 step_pin=PF6 dir_pin=PF7 invert_step=0 step_pulse_ticks=32",
    "config_digital_out oid=14 pin=PF2 value=1 default_value=1 max_duration=0",
    "config_endstop oid=6 pin=PD3 pull_up=1",
    "config_trsync oid=7",
    "config_stepper oid=8 step_pin=PL3 dir_pin=PL1 invert_step=0 step_pulse_ticks=32",
    "config_digital_out oid=15 pin=PK0 value=1 default_value=1 max_duration=0",
    "config_analog_in oid=16 pin=PK5",
    "config_digital_out oid=17 pin=PB4 value=0 default_value=0 max_duration=48000000",
    "set_digital_out_pwm_cycle oid=17 cycle_ticks=1600000",
    "config_stepper oid=9 step_pin=PA4 dir_pin=PA6 invert_step=0 step_pulse_ticks=32",
    "config_digital_out oid=18 pin=PA2 value=1 default_value=1 max_duration=0",
  ];
  expect(configCrc(lines)).toBe(3396728411);
  expect(configCrc(["123456789"])).toBe(0xcbf43926);
});
