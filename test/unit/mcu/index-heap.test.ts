import fc from "fast-check";
import { expect, test } from "vitest";
import { IndexHeap } from "../../../host/mcu/index-heap.js";

test("always has the smallest key on top, whatever is put in, moved and taken out", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), index: fc.nat(40), key: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ kind: fc.constant("remove" as const), index: fc.nat(40) }),
    fc.record({ kind: fc.constant("pop" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const heap = new IndexHeap(2);
      const model = new Map<number, { key: number; tie: number }>();
      const first = (): number => [...model].sort(([, a], [, b]) => a.key - b.key || a.tie - b.tie)[0]?.[0] ?? -1;
      steps.forEach((one, tie) => {
        if (one.kind === "set") {
          heap.set(one.index, one.key, tie);
          model.set(one.index, { key: one.key, tie });
        } else if (one.kind === "remove") {
          heap.remove(one.index);
          model.delete(one.index);
        } else {
          const expected = first();
          expect(heap.pop()).toBe(expected);
          model.delete(expected);
        }
        expect([heap.size, heap.top]).toEqual([model.size, first()]);
        expect(heap.topKey).toBe(model.get(first())?.key ?? Number.POSITIVE_INFINITY);
      });
      for (let i = 0; i <= 40; i++) expect(heap.has(i)).toBe(model.has(i));
    }),
  );
});

test("is empty after it was cleared", () => {
  const heap = new IndexHeap();
  heap.set(3, 1);
  heap.clear();
  expect([heap.size, heap.top, heap.topKey, heap.has(3), heap.pop()]).toEqual([
    0,
    -1,
    Number.POSITIVE_INFINITY,
    false,
    -1,
  ]);
  heap.set(3, 5);
  expect(heap.pop()).toBe(3);
});
