import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeCommandText } from "../../../host/mcu/command-text.js";
import { encodeBlock } from "../../../host/mcu/frame.js";
import { hostTime } from "../../../host/shared/units.js";
import { Simulation } from "../../../host/virtual/simulation.js";
import { hex, join, toHex } from "../../support/bytes.js";
import { CODEC_JSON } from "../../support/codec-dictionary.js";
import { VirtualHost } from "../../support/virtual-host.js";

const SETUP = { seed: 1, boards: [{ name: "mcu", startTicks: 0 }], machine: {} };

/** A board without a link in front: bytes in, bytes out, each with the time in s since it was switched on. */
function bareBoard(board: object = {}): { say: (bytes: Uint8Array, at?: number) => string[]; sim: Simulation } {
  let heard: string[] = [];
  const sim = new Simulation({
    setup: { ...SETUP, boards: [{ name: "mcu", dictionary: CODEC_JSON, startTicks: 0, ...board }] },
    origin: hostTime(0),
    onBytes: (_, bytes) => heard.push(toHex(bytes)),
  });
  return {
    sim,
    say: (bytes, at = sim.now) => {
      heard = [];
      sim.receive(0, bytes, hostTime(at));
      sim.runTo(hostTime(at));
      return heard;
    },
  };
}

const GET_CONFIG = hex("07");
const ack = (sequence: number): string => toHex(encodeBlock(sequence, new Uint8Array(0)));

test("answers and acknowledges a block with the bytes that an ATmega2560 sent", () => {
  const { say } = bareBoard();
  say(join([encodeBlock(0, new Uint8Array(0)), encodeBlock(1, new Uint8Array(0))]));
  expect(say(encodeBlock(2, GET_CONFIG))).toEqual(["0a137700000000f13a7e", "0513ac1a7e"]);
});

test("takes an empty block for a question for its number", () => {
  const { say } = bareBoard();
  expect(say(encodeBlock(0, new Uint8Array(0)))).toEqual([ack(1)]);
  expect(say(encodeBlock(7, new Uint8Array(0)))).toEqual([ack(1)]);
});

test("refuses blocks out of order, each with the number that it expects", () => {
  const { say } = bareBoard();
  expect(say(encodeBlock(2, GET_CONFIG))).toEqual([ack(0)]);
  expect(say(join([encodeBlock(2, GET_CONFIG), encodeBlock(3, GET_CONFIG)]))).toEqual([ack(0), ack(0)]);
  expect(say(encodeBlock(15, GET_CONFIG))).toEqual([ack(0)]);
});

test("complains once about broken bytes until something good comes", () => {
  const { say } = bareBoard();
  const broken = encodeBlock(0, GET_CONFIG);
  broken[3] = (broken[3] ?? 0) ^ 1;
  expect(say(broken)).toEqual([ack(0)]);
  expect(say(join([broken, broken, broken]))).toEqual([]);
  expect(say(encodeBlock(1, GET_CONFIG))).toEqual([ack(0)]);
  expect(say(broken)).toEqual([ack(0)]);
  expect(say(join([broken, encodeBlock(0, GET_CONFIG)])).at(-1)).toBe(ack(1));
});

test("the sync byte of a block that garbage ran into is where it finds its feet", () => {
  const { say } = bareBoard();
  expect(say(new Uint8Array(10).fill(0xaa))).toEqual([ack(0)]);
  expect(say(encodeBlock(0, GET_CONFIG))).toEqual([]);
  expect(say(encodeBlock(0, GET_CONFIG)).at(-1)).toBe(ack(1));
});

test("gives out its dictionary, its own or one that it was given", () => {
  expect(new VirtualHost(SETUP).identify().port().dictionary.version).toBe("virtual");
  const given = { ...SETUP, boards: [{ name: "mcu", dictionary: CODEC_JSON }] };
  expect(new VirtualHost(given).identify().port().dictionary.version).toBe("v0.13.0-730-g84104bbbd");
});

test("its own dictionary has the pins of every chip family", () => {
  const { dictionary } = new VirtualHost(SETUP).identify().port();
  const names = ["PA0", "PL15", "PB31", "gpio0", "gpio47", "P0.0", "P4.31", "gpiochip0/gpio0", "gpiochip8/gpio287"];
  const pins = [...names, "analog0", "ADC_TEMPERATURE", "pwmchip0/pwm0"].map((name) => dictionary.pin(name));
  expect(new Set(pins).size).toBe(pins.length);
});

test("everything that its firmware understands and says is in its own dictionary", () => {
  const folder = new URL("../../../host/virtual/firmware/", import.meta.url);
  const source = readdirSync(folder)
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .join("\n");
  const all = (pattern: RegExp): string[] => Array.from(source.matchAll(pattern), (match) => match[1] ?? "");
  const { dictionary } = new VirtualHost(SETUP).identify().port();
  const reasons = dictionary.enumerations.get("static_string_id");
  const given = [...all(/shutdown\("([^"]+)"\)/g), ...all(/(?:missed|exceeds): "([^"]+)"/g)];
  expect(given.length).toBeGreaterThan(25);
  expect(given.filter((reason) => reasons?.valueOf(reason) === undefined)).toEqual([]);
  const commands = all(/\.on\(\s*"([^"]+)"/g);
  expect(commands.length).toBeGreaterThan(50);
  // The older form of one command is understood for the sake of older dictionaries.
  expect(commands.filter((command) => !dictionary.has(command))).toEqual([
    "query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u min_value=%hu max_value=%hu range_check_count=%c",
  ]);
  const responses = all(/replyEncoder\(\s*"([^"]+)"/g);
  expect(responses.filter((response) => !dictionary.hasResponse(response))).toEqual([
    "analog_in_state oid=%c next_clock=%u value=%hu",
  ]);
});

test("says how long it has been on, and what time it is", () => {
  const host = new VirtualHost({ ...SETUP, boards: [{ name: "mcu", startTicks: 5 * 0x1_0000_0000 }] }).identify();
  host.run(2);
  const uptime = host.ask("get_uptime", "uptime");
  expect([uptime.number("high"), uptime.number("clock") / 64e6]).toEqual([5, expect.closeTo(host.elapsed, 3)]);
  expect(host.clock() / 64e6).toBeCloseTo(host.elapsed, 6);
});

test("its crystal is as wrong as the setup says", () => {
  const host = new VirtualHost({ ...SETUP, boards: [{ name: "mcu", startTicks: 0, clockErrorPpm: 100 }] }).identify();
  host.run(10);
  expect(host.clock() / 64e6 / host.elapsed - 1).toBeCloseTo(100e-6, 9);
});

test("carries on over the wrap of its 32-bit clock", () => {
  const host = new VirtualHost({ ...SETUP, boards: [{ name: "mcu", startTicks: 0x1_0000_0000 - 64e6 }] }).identify();
  const before = host.clock();
  host.run(1);
  const after = host.clock();
  expect(before).toBeGreaterThan(0xf000_0000);
  expect(after).toBeLessThan(64e6);
});

test("a restart clears everything and begins again at number 0 after a while of silence", () => {
  const { sim, say } = bareBoard({ bootS: 0.5 });
  const text = encodeCommandText(sim.boards[0]?.dictionary ?? expect.fail(), "allocate_oids count=3");
  say(encodeBlock(0, join([text, hex("06 05")])));
  expect(sim.report().boards[0]).toMatchObject({ isConfigured: true, restarts: 0 });
  expect(say(encodeBlock(1, hex("70")))).toEqual([]);
  expect(say(encodeBlock(0, GET_CONFIG), sim.now + 0.4)).toEqual([]);
  expect(say(encodeBlock(0, GET_CONFIG), sim.now + 0.2)).toEqual([toHex(encodeBlock(1, hex("7700000000"))), ack(1)]);
  expect(sim.report().boards[0]).toMatchObject({ isConfigured: false, restarts: 1 });
});

test("says that it is starting, where its dictionary knows the word", () => {
  const host = new VirtualHost(SETUP).identify();
  host.sim.inject({ kind: "reset", board: "mcu" });
  host.run(1);
  expect(host.texts()).toEqual(["starting"]);
});

test("on a serial line bytes take their time, both ways", () => {
  const { sim, say } = bareBoard({ baud: 250_000 });
  expect(say(encodeBlock(0, GET_CONFIG))).toEqual([]);
  // 6 bytes there; 10 and 5 bytes back; 10 bits each.
  const there = 6 * 40e-6;
  sim.runTo(hostTime(there + 10 * 40e-6 - 1e-6));
  expect(sim.report().boards[0]?.blocks).toBe(1);
  const heard: number[] = [];
  const timed = new Simulation({
    setup: { ...SETUP, boards: [{ name: "mcu", dictionary: CODEC_JSON, baud: 250_000, startTicks: 0 }] },
    origin: hostTime(0),
    onBytes: (_, __, time) => heard.push(time),
  });
  timed.receive(0, encodeBlock(0, GET_CONFIG), hostTime(0));
  timed.runTo(hostTime(1));
  expect(heard).toEqual([expect.closeTo(there + 400e-6, 6), expect.closeTo(there + 600e-6, 6)]);
});

test("a stalled board on a serial line keeps what fits in its receive buffer and loses the rest", () => {
  const dictionary = JSON.stringify({
    ...JSON.parse(CODEC_JSON),
    config: { CLOCK_FREQ: 16e6, RECEIVE_WINDOW: 192, ADC_MAX: 1023 },
  });
  const { sim, say } = bareBoard({ dictionary });
  sim.inject({ kind: "stall", board: "mcu", durationS: 0.5 });
  for (let i = 0; i < 5; i++) {
    expect(say(encodeBlock(i, new Uint8Array(59).fill(5)), 0.01 * (i + 1))).toEqual([]);
  }
  sim.runTo(hostTime(1));
  expect(sim.report().boards[0]?.blocks).toBe(3);
});
