import { expect, test } from "vitest";
import { GcodeStore } from "../../../../host/feed/status/gcode-store.js";
import { StatusObjects } from "../../../../host/feed/status/objects.js";
import { TemperatureStore } from "../../../../host/feed/status/temperature-store.js";
import { hostTime } from "../../../../host/shared/units.js";

function setUp(size: number) {
  const objects = new StatusObjects(() => undefined);
  const store = new TemperatureStore(size, objects);
  const read = (monitors = false): unknown => JSON.parse(store.toJson(monitors).text);
  const set = (name: string, fields: Record<string, unknown>): void => objects.apply({ name, fields }, hostTime(1));
  return { objects, store, read, set };
}

test("the last values are kept, oldest first, to two digits", () => {
  const { store, read, set } = setUp(3);
  set("heaters", { available_sensors: ["extruder"] });
  for (const temperature of [1.004, 2.005, 3, 4.128]) {
    set("extruder", { temperature, target: 200 });
    store.sample();
  }
  expect(read()).toEqual({ extruder: { temperatures: [2.01, 3, 4.13], targets: [200, 200, 200] } });
});

test("all lists have one length, also of a sensor that appeared later or is gone", () => {
  const { objects, store, read, set } = setUp(10);
  set("heaters", { available_sensors: ["a"] });
  set("a", { temperature: 20 });
  store.sample();
  set("heaters", { available_sensors: ["a", "temperature_fan b"], available_monitors: ["tmc c"] });
  set("temperature_fan b", { temperature: 30, speed: 0.5, target: 40 });
  set("tmc c", { temperature: null });
  store.sample();
  objects.clear();
  store.sample();
  expect(read(true)).toEqual({
    a: { temperatures: [20, 20, 0] },
    "temperature_fan b": { temperatures: [0, 30, 0], targets: [0, 40, 0], speeds: [0, 0.5, 0] },
    "tmc c": { temperatures: [null, null, null] },
  });
  expect(read(false)).not.toHaveProperty("tmc c");
});

test("the console's memory keeps the newest lines", () => {
  let time = 0;
  const store = new GcodeStore(3, () => ++time);
  for (let i = 0; i < 20; i++) store.add(i % 2 === 0 ? "command" : "response", String(i));
  expect(store.last().map(({ message }) => message)).toEqual(["17", "18", "19"]);
  expect(store.last(1)).toEqual([{ message: "19", time: 20, type: "response" }]);
  expect(store.last(0)).toEqual([]);
  expect(store.last(99)).toHaveLength(3);
});
