import { expect, test } from "vitest";
import { VirtualHost } from "../../support/virtual-host.js";

const newHost = (): VirtualHost =>
  new VirtualHost({ seed: 1, boards: [{ name: "mcu", startTicks: 0 }], machine: {} }).identify();

test("remembers the checksum of its configuration", () => {
  const host = newHost();
  expect(host.ask("get_config", "config").text).toBe("config is_config=0 crc=0 is_shutdown=0 move_count=0");
  host.send("allocate_oids count=1", "config_trsync oid=0", "finalize_config crc=3396728411");
  expect(host.ask("get_config", "config").text).toBe("config is_config=1 crc=3396728411 is_shutdown=0 move_count=1024");
});

test.each([
  ["two allocations", ["allocate_oids count=1", "allocate_oids count=1"], "oids already allocated"],
  ["an object without allocation", ["config_trsync oid=0"], "Can't assign oid"],
  ["an object beyond those allocated", ["allocate_oids count=1", "config_trsync oid=1"], "Can't assign oid"],
  ["an id used twice", ["allocate_oids count=1", "config_trsync oid=0", "config_trsync oid=0"], "Can't assign oid"],
  [
    "an object after the end of configuration",
    ["allocate_oids count=2", "finalize_config crc=1", "config_trsync oid=1"],
    "Can't assign oid",
  ],
  ["two ends", ["finalize_config crc=1", "finalize_config crc=1"], "Already finalized"],
  ["an id that nothing has", ["allocate_oids count=2", "stepper_get_position oid=1"], "Invalid oid type"],
  ["an id beyond all", ["stepper_get_position oid=200"], "Invalid oid type"],
  ["too many buttons", ["allocate_oids count=1", "config_buttons oid=0 button_count=9"], "Max of 8 buttons"],
  [
    "a button too many",
    ["allocate_oids count=1", "config_buttons oid=0 button_count=2", "buttons_add oid=0 pos=2 pin=PA0 pull_up=0"],
    "Set button past maximum button count",
  ],
  [
    "buttons repeated too rarely",
    [
      "allocate_oids count=1",
      "config_buttons oid=0 button_count=1",
      "buttons_query oid=0 clock=0 rest_ticks=0 retransmit_count=200 invert=0",
    ],
    "Invalid buttons retransmit count",
  ],
  [
    "a strip of LEDs that is too long",
    ["allocate_oids count=1", "config_neopixel oid=0 pin=PA0 data_size=5000 bit_max_ticks=1 reset_min_ticks=1"],
    "Invalid neopixel data_size",
  ],
  [
    "colours beyond the strip",
    [
      "allocate_oids count=1",
      "config_neopixel oid=0 pin=PA0 data_size=6 bit_max_ticks=1 reset_min_ticks=1",
      "neopixel_update oid=0 pos=4 data=010203",
    ],
    "Invalid neopixel update command",
  ],
  [
    "an SPI mode that does not exist",
    [
      "allocate_oids count=1",
      "config_spi oid=0 pin=PA0 cs_active_high=0",
      "spi_set_bus oid=0 spi_bus=spi1 mode=4 rate=1000",
    ],
    "Invalid spi config",
  ],
  [
    "a UART datagram that is too long",
    [
      "allocate_oids count=1",
      "config_tmcuart oid=0 rx_pin=PA0 pull_up=0 tx_pin=PA1 bit_time=1600",
      "tmcuart_send oid=0 write=000102030405060708090a read=0",
    ],
    "tmcuart data too large",
  ],
  ["a restart of the configuration without need", ["config_reset"], "config_reset only available when shutdown"],
])("%s shuts the board down", (_, texts, reason) => {
  const host = newHost();
  host.send(...texts);
  expect(host.shutdownReason()).toBe(reason);
});

test("a command that is no command shuts it down", () => {
  const host = newHost();
  host.port().pushBytes(Uint8Array.of(0x5e));
  host.run(0.1);
  expect(host.shutdownReason()).toBe("Invalid command");
});

test("a command that ends too early shuts it down", () => {
  const host = newHost();
  host.port().pushBytes(host.port().dictionary.command("finalize_config", "test").toBytes(300).subarray(0, 2));
  host.run(0.1);
  expect(host.shutdownReason()).toBe("Command parser error");
});

test("drops the rest of a block behind the command that shut it down", () => {
  const host = newHost();
  const from = host.port().heard.length;
  host.send("stepper_get_position oid=0", "get_clock", "debug_ping data=01");
  expect(host.texts(0, from)).toEqual([expect.stringMatching(/^shutdown .*Invalid oid type$/)]);
});

test("forgets its configuration when asked to in a shutdown, and goes on on the same link and clock", () => {
  const host = newHost();
  host.configure(["config_trsync oid=0"]).send("emergency_stop");
  host.send("config_reset");
  expect(host.ask("get_config", "config").text).toBe("config is_config=0 crc=0 is_shutdown=0 move_count=0");
  expect(host.clock() / 64e6).toBeCloseTo(host.elapsed, 6);
  host.configure(["config_trsync oid=0"]);
  expect([host.shutdownReason(), host.sim.report().boards[0]?.isConfigured]).toEqual([undefined, true]);
});

test("notes commands that its dictionary has but that it does not simulate", () => {
  const dictionary = JSON.stringify({
    version: "test",
    config: { CLOCK_FREQ: 16e6 },
    commands: { "allocate_oids count=%c": 2, "config_adxl345 oid=%c spi_oid=%c": 3, get_clock: 4 },
    responses: { "clock clock=%u": 5 },
  });
  const host = new VirtualHost({ seed: 1, boards: [{ name: "mcu", dictionary }], machine: {} }).identify();
  host.send("allocate_oids count=1", "config_adxl345 oid=0 spi_oid=1", "get_clock");
  expect(host.texts()).toHaveLength(1);
  expect(host.sim.report().boards[0]?.unsupported).toEqual(["config_adxl345 oid=%c spi_oid=%c"]);
});

test("reports how busy it is every five seconds, also in a shutdown", () => {
  const host = newHost();
  host.run(11).send("emergency_stop");
  host.run(11);
  expect(host.port().heard.filter((one) => one.is("stats"))).toHaveLength(4);
});
