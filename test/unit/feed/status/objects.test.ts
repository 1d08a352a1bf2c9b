import fc from "fast-check";
import { expect, test } from "vitest";
import { type Selected, StatusObjects } from "../../../../host/feed/status/objects.js";
import { type SnapshotLayout, SnapshotWriter } from "../../../../host/shared/snapshot.js";
import { hostTime } from "../../../../host/shared/units.js";

const never = (): void => {
  throw new Error("a field was reported as broken");
};
const all = (name: string): Selected => ({ name, fields: null });

test("the differences since a commit are what changed after it, each field whole", () => {
  const objects = new StatusObjects(never);
  objects.apply({ name: "fan", fields: { speed: 0.5, rpm: null } }, hostTime(1));
  objects.commit();
  const seen = objects.version;
  objects.apply({ name: "fan", fields: { speed: 0.5, rpm: 900 } }, hostTime(2));
  objects.commit();
  expect(objects.changes([all("fan")], seen)).toBe('{"fan":{"rpm":900}}');
  expect(objects.changes([all("fan")], objects.version)).toBeUndefined();
  expect(objects.changes([{ name: "fan", fields: ["speed"] }], seen)).toBeUndefined();
});

test("a field that changes back before anybody looked has not changed", () => {
  const objects = new StatusObjects(never);
  objects.apply({ name: "a", fields: { x: 1 } }, hostTime(1));
  objects.commit();
  const seen = objects.version;
  objects.apply({ name: "a", fields: { x: 2 } }, hostTime(2));
  objects.apply({ name: "a", fields: { x: 1 } }, hostTime(3));
  objects.commit();
  expect([objects.version, objects.changes([all("a")], seen)]).toEqual([seen, undefined]);
});

test("an equal object or list is no change, whoever made it", () => {
  const objects = new StatusObjects(never);
  objects.apply({ name: "a", fields: { list: [1, { b: 2 }] } }, hostTime(1));
  objects.commit();
  const seen = objects.version;
  objects.apply({ name: "a", fields: { list: [1, { b: 2 }] } }, hostTime(2));
  objects.commit();
  expect(objects.changes([all("a")], seen)).toBeUndefined();
});

test("what does not exist is an empty object, or null as a field", () => {
  const objects = new StatusObjects(never);
  objects.apply({ name: "gcode_macro A", fields: {} }, hostTime(1));
  objects.commit();
  expect(objects.state([all("none"), all("gcode_macro A"), { name: "gcode_macro A", fields: ["x"] }])).toBe(
    '{"none":{},"gcode_macro A":{},"gcode_macro A":{"x":null}}',
  );
});

test("a field that is gone is told as null once, and is no part of the state any more", () => {
  const objects = new StatusObjects(never);
  objects.apply({ name: "a", fields: { x: 1, y: 2 } }, hostTime(1));
  objects.commit();
  const seen = objects.version;
  objects.apply({ name: "a", fields: {}, gone: ["x", "never"] }, hostTime(2));
  objects.commit();
  expect(objects.changes([all("a")], seen)).toBe('{"a":{"x":null}}');
  expect(objects.state([all("a")])).toBe('{"a":{"y":2}}');
  objects.apply({ name: "a", fields: { x: null } }, hostTime(3));
  objects.commit();
  expect(objects.state([all("a")])).toBe('{"a":{"x":null,"y":2}}');
});

test("a value that cannot be encoded leaves the last good one, and is reported once", () => {
  const reported: string[] = [];
  const objects = new StatusObjects((name, field) => reported.push(`${name}.${field}`));
  objects.apply({ name: "a", fields: { good: 1, bad: 1 } }, hostTime(1));
  objects.commit();
  for (const big of [1n, 2n]) {
    objects.apply({ name: "a", fields: { good: Number(big) + 1, bad: big } }, hostTime(2));
    objects.commit();
  }
  expect(objects.state([all("a")])).toBe('{"a":{"good":3,"bad":1}}');
  expect(reported).toEqual(["a.bad"]);
  objects.apply({ name: "a", fields: { bad: Number.NaN } }, hostTime(3));
  objects.commit();
  expect(objects.state([all("a")])).toBe('{"a":{"good":3,"bad":null}}');
});

test("fields of the snapshot come from the snapshot, whatever the host says", () => {
  const layout: SnapshotLayout = {
    slots: 7,
    fields: [
      { object: "toolhead", field: "position", slot: 2, kind: "list", width: 2, digits: 1 },
      { object: "toolhead", field: "homed_axes", slot: 4, kind: "axes", width: 1, digits: 0 },
      { object: "probe", field: "last_query", slot: 5, kind: "boolean", width: 1, digits: 0 },
    ],
  };
  const writer = new SnapshotWriter(layout.slots);
  const objects = new StatusObjects(never);
  objects.attach(writer.buffer, layout);
  objects.apply({ name: "toolhead", fields: { position: [9, 9], max_velocity: 300 } }, hostTime(1));
  objects.commit();
  // Nothing was measured yet: nothing is said.
  expect(objects.state([all("toolhead")])).toBe('{"toolhead":{"max_velocity":300}}');
  writer.values.set([1.26, Number.POSITIVE_INFINITY, 5, 1], 2);
  writer.publish(hostTime(10));
  objects.commit();
  const seen = objects.version;
  expect(objects.state([all("toolhead"), all("probe")])).toBe(
    '{"toolhead":{"position":[1.3,null],"homed_axes":"xz","max_velocity":300},"probe":{"last_query":true}}',
  );
  // Numbers that look the same rounded are no change.
  writer.values[2] = 1.27;
  writer.publish(hostTime(11));
  objects.commit();
  expect(objects.changes([all("toolhead")], seen)).toBeUndefined();
  expect(objects.ages(hostTime(12), hostTime(4))).toEqual({ toolhead: 1, probe: 1 });
  objects.detach();
  objects.apply({ name: "toolhead", fields: { position: [9, 9] } }, hostTime(13));
  objects.commit();
  expect(objects.value("toolhead", "position")).toEqual([9, 9]);
  expect(objects.ages(hostTime(14), hostTime(12))).toEqual({ toolhead: 2, probe: 2 });
});

test("someone who applies every difference always has the complete state", () => {
  const name = fc.constantFrom("a", "b", "c");
  const field = fc.constantFrom("x", "y", "z");
  const change = fc.record({
    name,
    fields: fc.dictionary(field, fc.jsonValue()),
    gone: fc.array(field, { maxLength: 1 }),
  });
  const step = fc.record({ changes: fc.array(change, { maxLength: 4 }), look: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const objects = new StatusObjects(never);
      const selection = ["a", "b", "c"].map(all);
      const mirror: Record<string, Record<string, unknown>> = { a: {}, b: {}, c: {} };
      let seen = objects.version;
      for (const { changes, look } of steps) {
        for (const { name: object, fields, gone } of changes)
          objects.apply({ name: object, fields, gone }, hostTime(1));
        objects.commit();
        if (!look) continue;
        const text = objects.changes(selection, seen);
        seen = objects.version;
        const update = (text === undefined ? {} : JSON.parse(text)) as Record<string, Record<string, unknown>>;
        for (const [object, fields] of Object.entries(update)) mirror[object] = { ...mirror[object], ...fields };
      }
      const last = objects.changes(selection, seen);
      for (const [object, fields] of Object.entries((last === undefined ? {} : JSON.parse(last)) as typeof mirror)) {
        mirror[object] = { ...mirror[object], ...fields };
      }
      const state = JSON.parse(objects.state(selection)) as typeof mirror;
      for (const [object, fields] of Object.entries(mirror)) {
        // A field that is gone stays with its reader as null.
        for (const [key, value] of Object.entries(fields)) expect(state[object]?.[key] ?? null).toEqual(value);
        expect(Object.keys(fields)).toEqual(expect.arrayContaining(Object.keys(state[object] ?? {})));
      }
    }),
  );
});
