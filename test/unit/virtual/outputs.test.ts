import { expect, test } from "vitest";
import { VirtualHost } from "../../support/virtual-host.js";

const FREQUENCY = 64e6;
const HEATER = "config_digital_out oid=0 pin=PA1 value=0 default_value=0 max_duration=64000000";
const ENABLE = "config_digital_out oid=1 pin=PA2 value=1 default_value=1 max_duration=0";
const FAN = "config_pwm_out oid=2 pin=PA3 cycle_ticks=256 value=0 default_value=0 max_duration=64000000";

/** Heaters without losses show by their temperature how long their pins were on. */
const METER = { watts: 100, joulesPerKelvin: 1, lossWattsPerKelvin: 1e-9, ambientC: 0 };

function outputHost(): VirtualHost {
  const host = new VirtualHost({
    seed: 1,
    boards: [{ name: "mcu", startTicks: 0 }],
    machine: {
      heaters: [
        { name: "a", pin: { board: "mcu", pin: "PA1" }, ...METER },
        { name: "inverted", pin: { board: "mcu", pin: "PA2", inverted: true }, ...METER },
        { name: "c", pin: { board: "mcu", pin: "PA3" }, ...METER },
        { name: "d", pin: { board: "mcu", pin: "PA4" }, ...METER },
      ],
    },
  });
  return host.identify().configure([HEATER, ENABLE, FAN]);
}

const ahead = (host: VirtualHost, seconds: number): number => (host.clock() + seconds * FREQUENCY) >>> 0;
const duty = (host: VirtualHost, name: string): number =>
  host.sim.report().machine.heaters.find((heater) => heater.name === name)?.duty ?? Number.NaN;
const onTime = (host: VirtualHost, name: string): number =>
  host.sim.report().machine.heaters.find((heater) => heater.name === name)?.onS ?? Number.NaN;
const digital = (clock: number, ticks: number, oid = 0): string =>
  `queue_digital_out oid=${oid} clock=${clock} on_ticks=${ticks}`;

test("changes a pin at the clock that was ordered", () => {
  const host = outputHost();
  const clock = ahead(host, 0.5);
  host.send(digital(clock, 1), digital((clock + 0.25 * FREQUENCY) >>> 0, 0));
  host.run(0.4);
  expect(duty(host, "a")).toBe(0);
  host.run(0.2);
  expect(duty(host, "a")).toBe(1);
  host.run(1);
  expect(duty(host, "a")).toBe(0);
  expect(onTime(host, "a")).toBeCloseTo(0.25, 9);
});

test("pulses a pin in software with the share that was ordered", () => {
  const host = outputHost();
  host.send("set_digital_out_pwm_cycle oid=0 cycle_ticks=6400000", digital(ahead(host, 0.1), 1_600_000));
  host.run(0.5);
  expect(duty(host, "a")).toBe(0.25);
  host.send(digital(ahead(host, 0.1), 6_400_000));
  host.run(0.3);
  expect(duty(host, "a")).toBe(1);
});

test("pulses a pin in hardware with the share that was ordered", () => {
  const host = outputHost();
  host.send(`queue_pwm_out oid=2 clock=${ahead(host, 0.1)} value=51`, `set_pwm_out pin=PA4 cycle_ticks=1 value=255`);
  expect(duty(host, "d")).toBe(1);
  host.run(0.3);
  expect(duty(host, "c")).toBe(0.2);
});

test("sets a pin at once", () => {
  const host = outputHost();
  host.send("set_digital_out pin=PA4 value=1", "update_digital_out oid=1 value=0");
  expect([duty(host, "d"), duty(host, "inverted")]).toEqual([1, 1]);
});

test("a heater that is not renewed within max_duration goes off and shuts the board down, to the tick", () => {
  const host = outputHost();
  const clock = ahead(host, 0.5);
  host.send(digital(clock, 1));
  host.run(2);
  expect(host.shutdownReason()).toBe("Missed scheduling of next digital out event");
  expect(host.texts().at(-1)).toBe(
    `shutdown clock=${clock + FREQUENCY} static_string_id=Missed scheduling of next digital out event`,
  );
  expect([duty(host, "a"), onTime(host, "a")]).toEqual([0, expect.closeTo(1, 9)]);
});

test("a heater that is renewed in time stays on", () => {
  const host = outputHost();
  const clock = ahead(host, 0.5);
  host.send(digital(clock, 1));
  for (let i = 1; i <= 5; i++) {
    host.run(0.9);
    host.send(digital((clock + i * 0.95 * FREQUENCY) >>> 0, 1));
  }
  expect([host.shutdownReason(), duty(host, "a")]).toEqual([undefined, 1]);
});

test("a pin that was updated directly must be renewed too", () => {
  const host = outputHost();
  host.send("update_digital_out oid=0 value=1");
  host.run(1.1);
  expect(host.shutdownReason()).toBe("Missed scheduling of next digital out event");
});

test("a pin at its default needs no renewal", () => {
  const host = outputHost();
  host.send(digital(ahead(host, 0.5), 0));
  host.run(10);
  expect(host.shutdownReason()).toBeUndefined();
});

test.each([
  ["too late", (clock: number) => [digital(clock - FREQUENCY, 1)], "Timer too close"],
  [
    "too far behind the one before",
    (clock: number) => [digital(clock, 1), digital(clock + FREQUENCY + 1, 0)],
    "Scheduled digital out event will exceed max_duration",
  ],
  [
    "an update among queued changes",
    (clock: number) => [digital(clock, 1), "update_digital_out oid=0 value=1"],
    "update_digital_out not valid with active queue",
  ],
  [
    "another cycle time among queued changes",
    (clock: number) => [digital(clock, 1), "set_digital_out_pwm_cycle oid=0 cycle_ticks=640000"],
    "Can not set soft pwm cycle ticks while updates pending",
  ],
  [
    "hardware pulses too late",
    (clock: number) => [`queue_pwm_out oid=2 clock=${clock - FREQUENCY} value=9`],
    "Timer too close",
  ],
  [
    "hardware pulses not renewed",
    (clock: number) => [`queue_pwm_out oid=2 clock=${clock} value=9`],
    "Missed scheduling of next hard pwm event",
  ],
  [
    "hardware pulses too far apart",
    (clock: number) => [
      `queue_pwm_out oid=2 clock=${clock} value=9`,
      `queue_pwm_out oid=2 clock=${clock + FREQUENCY + 1} value=9`,
    ],
    "Scheduled pwm event will exceed max_duration",
  ],
  ["something for an object of another kind", () => ["stepper_get_position oid=0"], "Invalid oid type"],
])("%s shuts the board down", (_, texts, reason) => {
  const host = outputHost();
  host.send(...texts(ahead(host, 0.3)));
  host.run(2);
  expect(host.shutdownReason()).toBe(reason);
  expect([duty(host, "a"), duty(host, "inverted"), duty(host, "c")]).toEqual([0, 0, 0]);
});

test("a change for an earlier time than the one before follows it at once", () => {
  const host = outputHost();
  const clock = ahead(host, 0.4);
  host.send(digital(clock, 1), digital(clock - 0.2 * FREQUENCY, 0));
  host.run(1);
  expect([host.shutdownReason(), onTime(host, "a")]).toEqual([undefined, 0]);
});

test("a shutdown puts every pin to its default and frees its slots", () => {
  const host = outputHost();
  const clock = ahead(host, 0.1);
  host.send("update_digital_out oid=1 value=0", digital(clock, 1), digital(clock + 32_000_000, 1));
  host.run(0.2);
  expect([duty(host, "a"), duty(host, "inverted")]).toEqual([1, 1]);
  host.send("emergency_stop");
  expect([duty(host, "a"), duty(host, "inverted"), host.shutdownReason()]).toEqual([0, 0, "Command request"]);
  host.run(5);
  expect(host.texts().filter((text) => text.startsWith("shutdown"))).toHaveLength(1);
});

test("in a shutdown it answers orders with its reason, and an emergency stop by repeating it", () => {
  const host = outputHost();
  host.send("emergency_stop");
  const from = host.port().heard.length;
  host.send(
    "update_digital_out oid=1 value=0",
    "get_config",
    "debug_ping data=0102",
    "emergency_stop",
    "clear_shutdown",
  );
  expect(host.texts(0, from)).toEqual([
    "is_shutdown static_string_id=Command request",
    "config is_config=1 crc=1 is_shutdown=1 move_count=1024",
    "pong data=0102",
    expect.stringMatching(/^shutdown clock=\d+ static_string_id=Command request$/),
  ]);
  // What follows an emergency stop in its block is dropped.
  expect(host.shutdownReason()).toBe("Command request");
  host.send("clear_shutdown");
  expect(host.shutdownReason()).toBeUndefined();
  host.send("clear_shutdown");
  expect(host.shutdownReason()).toBe("Shutdown cleared when not shutdown");
});

test("after a restart its pins float: everything is off", () => {
  const host = outputHost();
  host.send("update_digital_out oid=1 value=0", "set_digital_out pin=PA4 value=1");
  expect([duty(host, "inverted"), duty(host, "d")]).toEqual([1, 1]);
  host.sim.inject({ kind: "reset", board: "mcu" });
  expect([duty(host, "inverted"), duty(host, "d")]).toEqual([0, 0]);
});
