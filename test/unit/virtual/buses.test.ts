import { expect, test } from "vitest";
import { decodeUartBits, encodeUartBits, TMC_DATAGRAM, tmcCrc } from "../../../host/shared/tmc-datagram.js";
import type { MachineSetup } from "../../../host/virtual/setup.js";
import { hex, toHex } from "../../support/bytes.js";
import { VirtualHost } from "../../support/virtual-host.js";

const FREQUENCY = 64e6;
const pin = (name: string) => ({ board: "mcu", pin: name });

function busHost(machine: MachineSetup, commands: readonly string[]): VirtualHost {
  const host = new VirtualHost({ seed: 1, boards: [{ name: "mcu", startTicks: 0 }], machine }).identify();
  return host.configure(commands);
}

const ahead = (host: VirtualHost, seconds: number): number => (host.clock() + seconds * FREQUENCY) >>> 0;

// Buttons.

const BUTTONS = [
  "config_buttons oid=0 button_count=2",
  "buttons_add oid=0 pos=0 pin=PA0 pull_up=0",
  "buttons_add oid=0 pos=1 pin=PA1 pull_up=0",
];
const SWITCHES = {
  switches: [
    { name: "a", pin: pin("PA0") },
    { name: "b", pin: pin("PA1") },
  ],
};
const poll = (host: VirtualHost, idle = 0): string =>
  `buttons_query oid=0 clock=${ahead(host, 0.1)} rest_ticks=128000 retransmit_count=50 invert=${idle}`;
const buttons = (host: VirtualHost, from: number): string[] =>
  host.texts(0, from).filter((text) => text.startsWith("buttons_state"));

test("tells of every change of a button until it is acknowledged", () => {
  const host = busHost(SWITCHES, BUTTONS);
  host.send(poll(host));
  host.run(0.3);
  expect(buttons(host, 0)).toEqual([]);
  host.sim.press("a", true);
  host.run(0.05);
  expect(buttons(host, 0)).toEqual(["buttons_state oid=0 ack_count=0 state=01"]);
  host.sim.press("b", true);
  host.run(0.05);
  expect(buttons(host, 0).at(-1)).toBe("buttons_state oid=0 ack_count=0 state=0103");
  // Repeated about every 50 polls of 2 ms.
  const from = host.port().heard.length;
  host.run(0.5);
  expect(buttons(host, from)).toEqual(new Array(5).fill("buttons_state oid=0 ack_count=0 state=0103"));
  host.send("buttons_ack oid=0 count=1");
  host.run(0.11);
  expect(buttons(host, from).at(-1)).toBe("buttons_state oid=0 ack_count=1 state=03");
  host.send("buttons_ack oid=0 count=5");
  const acknowledged = host.port().heard.length;
  host.run(0.5);
  expect(buttons(host, acknowledged)).toEqual([]);
});

test("compares buttons with the state that the host takes for idle", () => {
  const host = busHost(SWITCHES, BUTTONS);
  host.send(poll(host, 1));
  host.run(0.15);
  expect(buttons(host, 0)).toEqual(["buttons_state oid=0 ack_count=0 state=00"]);
});

test("keeps eight changes at most, and none shorter than two polls", () => {
  const host = busHost(SWITCHES, BUTTONS);
  host.send(poll(host));
  host.run(0.2);
  host.sim.press("b", true);
  host.run(0.001);
  host.sim.press("b", false);
  host.run(0.05);
  expect(buttons(host, 0)).toEqual([]);
  for (let i = 1; i <= 12; i++) {
    host.sim.press("a", i % 2 === 1);
    host.run(0.01);
  }
  expect(buttons(host, 0).at(-1)).toBe("buttons_state oid=0 ack_count=0 state=0100010001000100");
});

// Fans and LEDs.

test("counts the edges of a fan's tachometer", () => {
  const fan = { name: "part", pin: pin("PA1"), tachometer: { pin: pin("PC1"), rpm: 3000, pulsesPerTurn: 2 } };
  const host = busHost({ fans: [fan] }, ["config_counter oid=0 pin=PC1 pull_up=1"]);
  host.send(
    "set_pwm_out pin=PA1 cycle_ticks=256 value=51",
    `query_counter oid=0 clock=${ahead(host, 1)} poll_ticks=64000 sample_ticks=${FREQUENCY}`,
  );
  host.run(4.5);
  const states = host.port().heard.filter((one) => one.is("counter_state"));
  expect(states).toHaveLength(4);
  // 3000 rpm * 20 % * 2 pulses * 2 edges / 60 s
  const counts = states.map((one) => one.number("count"));
  expect(counts.slice(1).map((count, i) => count - (counts[i] ?? 0))).toEqual([40, 40, 40]);
});

test("takes the colours of a strip of LEDs", () => {
  const host = busHost({}, ["config_neopixel oid=0 pin=PA0 data_size=6 bit_max_ticks=400 reset_min_ticks=800"]);
  expect(host.send("neopixel_update oid=0 pos=3 data=ff0080", "neopixel_send oid=0").map((one) => one.text)).toEqual([
    "neopixel_result oid=0 success=1",
  ]);
});

test("takes what displays are sent", () => {
  const host = busHost({}, [
    "config_st7920 oid=0 cs_pin=PA0 sclk_pin=PA1 sid_pin=PA2 sync_delay_ticks=0 cmd_delay_ticks=0",
    "config_hd44780 oid=1 rs_pin=PA0 e_pin=PA1 d4_pin=PA2 d5_pin=PA3 d6_pin=PA4 d7_pin=PA5 delay_ticks=0",
  ]);
  host.send("st7920_send_cmds oid=0 cmds=2021", "hd44780_send_data oid=1 data=41");
  expect(host.shutdownReason()).toBeUndefined();
  host.send("hd44780_send_data oid=0 data=41", "st7920_send_data oid=5 data=00");
  expect(host.shutdownReason()).toBe("Invalid oid type");
});

// TMC drivers.

test("a datagram's check byte is the one in the chip's data sheet", () => {
  // Read request for IOIN of node 0, as it is seen on the wire of other hosts.
  expect(tmcCrc(hex("050006"), 3)).toBe(0x6f);
  // CRC of all zeros is zero; of a single one it is the polynomial.
  expect(tmcCrc(hex("00000000"), 4)).toBe(0);
  expect(tmcCrc(hex("80"), 1)).toBe(0x07);
});

test("line levels carry bytes with start and stop bits, lowest bit first", () => {
  expect(toHex(encodeUartBits(hex("f5")))).toBe("ea03");
  expect(toHex(decodeUartBits(encodeUartBits(hex("f5000612"))) ?? new Uint8Array(0))).toBe("f5000612");
  expect(encodeUartBits(new Uint8Array(TMC_DATAGRAM))).toHaveLength(10);
  expect(decodeUartBits(hex("ffffffffff"))).toBeUndefined();
});

const UART = ["config_tmcuart oid=0 rx_pin=PB1 pull_up=0 tx_pin=PB2 bit_time=1600"];
const DRIVERS = {
  drivers: [0, 1].map((address) => ({
    name: `x${address}`,
    kind: "uart" as const,
    chip: "tmc2209" as const,
    rx: pin("PB1"),
    tx: pin("PB2"),
    address,
  })),
};

function datagram(...bytes: readonly number[]): Uint8Array {
  const all = Uint8Array.from([...bytes, 0]);
  all[bytes.length] = tmcCrc(all, bytes.length);
  return all;
}

function exchange(host: VirtualHost, bytes: Uint8Array, read: number): string {
  const from = host.port().heard.length;
  host.send(`tmcuart_send oid=0 write=${toHex(encodeUartBits(bytes))} read=${read}`);
  host.run(0.05);
  const answer =
    host
      .port()
      .heard.slice(from)
      .find((one) => one.is("tmcuart_response"))?.text ?? expect.fail();
  const levels = hex(answer.split("read=")[1] ?? "");
  return levels.length === 0 ? "" : toHex(decodeUartBits(levels) ?? expect.fail("bad levels"));
}

const readRegister = (host: VirtualHost, address: number, register: number): string =>
  exchange(host, datagram(0xf5, address, register), 10);
const writeRegister = (host: VirtualHost, address: number, register: number, value: number): string =>
  exchange(
    host,
    datagram(0xf5, address, register | 0x80, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255),
    0,
  );

test("reads and writes the registers of the driver that is addressed", () => {
  const host = busHost(DRIVERS, UART);
  expect(readRegister(host, 0, 0x06)).toBe(
    `05ff0621000040${toHex(datagram(0x05, 0xff, 0x06, 0x21, 0, 0, 0x40)).slice(-2)}`,
  );
  expect(writeRegister(host, 1, 0x10, 0x00061f0a)).toBe("");
  expect(readRegister(host, 1, 0x10).slice(6, 14)).toBe("00061f0a");
  expect(readRegister(host, 0, 0x10).slice(6, 14)).toBe("00000000");
});

test("counts accepted writes, clears status bits by ones, and keeps what is read-only", () => {
  const host = busHost(DRIVERS, UART);
  writeRegister(host, 0, 0x10, 1);
  writeRegister(host, 0, 0x11, 2);
  expect(readRegister(host, 0, 0x02).slice(6, 14)).toBe("00000002");
  expect(readRegister(host, 0, 0x01).slice(6, 14)).toBe("00000001");
  writeRegister(host, 0, 0x01, 1);
  expect(readRegister(host, 0, 0x01).slice(6, 14)).toBe("00000000");
  writeRegister(host, 0, 0x06, 0);
  expect(readRegister(host, 0, 0x06).slice(6, 14)).toBe("21000040");
});

test("a driver that is not there, is silent, or gets a broken datagram does not answer", () => {
  const host = busHost(DRIVERS, UART);
  expect(readRegister(host, 3, 0x06)).toBe("");
  const broken = datagram(0xf5, 0, 0x06);
  broken[3] = (broken[3] ?? 0) ^ 1;
  expect(exchange(host, broken, 10)).toBe("");
  host.sim.inject({ kind: "driver", driver: "x0", silent: true });
  expect(readRegister(host, 0, 0x06)).toBe("");
  expect(readRegister(host, 1, 0x06)).not.toBe("");
});

test("an answer takes the time of its bits", () => {
  const host = busHost(DRIVERS, UART);
  const sent = host.now;
  host.send(`tmcuart_send oid=0 write=${toHex(encodeUartBits(datagram(0xf5, 0, 0x06)))} read=10`);
  host.run(0.05);
  const answer = host.port().heard.at(-1);
  // 5 and 10 bytes of levels, 25 us each.
  expect((answer?.time ?? 0) - sent).toBeCloseTo(120 * 25e-6, 4);
});

test("a driver on SPI gives the register asked for with the next datagram", () => {
  const drivers = [{ name: "z", kind: "spi" as const, chip: "tmc5160" as const, select: pin("PB5") }];
  const host = busHost({ drivers }, ["config_spi oid=0 pin=PB5 cs_active_high=0"]);
  const transfer = (data: string): string =>
    host.send(`spi_transfer oid=0 data=${data}`).at(-1)?.text.split("response=")[1] ?? "";
  host.send("spi_set_bus oid=0 spi_bus=spi1 mode=3 rate=4000000");
  expect(transfer("0400000000")).toBe("0100000000");
  expect(transfer("0400000000")).toBe("0130000040");
  expect(transfer("9000061f0a")).toBe("0130000040");
  expect(transfer("1000000000")).toBe("0100061f0a");
  expect(transfer("1000000000")).toBe("0100061f0a");
});

test("sends the shutdown message to its chip, and answers with zeros where there is none", () => {
  const drivers = [{ name: "z", kind: "spi" as const, chip: "tmc2130" as const, select: pin("PB5") }];
  const host = busHost({ drivers }, [
    "config_spi oid=0 pin=PB5 cs_active_high=0",
    "config_spi_shutdown oid=1 spi_oid=0 shutdown_msg=9000001234",
    "config_spi_without_cs oid=2",
  ]);
  expect(host.send("spi_transfer oid=2 data=010203").map((one) => one.text)).toEqual([
    "spi_transfer_response oid=2 response=000000",
  ]);
  host.send("spi_send oid=0 data=1000000000", "emergency_stop");
  host.send("clear_shutdown");
  host.send("spi_send oid=0 data=1000000000");
  expect(host.send("spi_transfer oid=0 data=1000000000").at(-1)?.text).toMatch(/response=..00001234$/);
});

test("an RTD behind a select pin is read by the board itself, and its range is watched", () => {
  const sensors = [
    { name: "rtd", pin: pin("PB6"), curve: { kind: "spi" as const, chip: "MAX31865" as const }, temperatureC: 100 },
  ];
  const host = busHost({ sensors }, [
    "config_spi oid=0 pin=PB6 cs_active_high=0",
    "config_thermocouple oid=1 spi_oid=0 thermocouple_type=MAX31865",
  ]);
  const clock = ahead(host, 0.1);
  host.send(
    `query_thermocouple oid=1 clock=${clock} rest_ticks=${0.3 * FREQUENCY} min_value=1000 max_value=30000 max_invalid_count=2`,
  );
  host.run(0.2);
  expect(host.texts().at(-1)).toBe(
    `thermocouple_result oid=1 next_clock=${clock + 0.3 * FREQUENCY} value=${Math.round((138.505 / 430) * 32768) << 1} fault=0`,
  );
  host.sim.inject({ kind: "sensor", sensor: "rtd", behaviour: "open" });
  host.run(0.7);
  expect(host.shutdownReason()).toBeUndefined();
  host.run(0.3);
  expect(host.shutdownReason()).toBe("Thermocouple reader fault");
});

test("nobody answers on the I2C bus", () => {
  const host = busHost({}, ["config_i2c oid=0"]);
  host.send("i2c_set_bus oid=0 i2c_bus=i2c1 rate=100000 address=64");
  expect(host.send("i2c_transfer oid=0 write=01 read_len=2").map((one) => one.text)).toEqual([
    "i2c_response oid=0 i2c_bus_status=START_NACK response=0000",
  ]);
});
