// thread: any
import fc from "fast-check";
import { expect, test } from "vitest";
import { arcPoints } from "../../../host/devices/arc.js";
import { ExcludingTransform } from "../../../host/devices/excluding-transform.js";
import { RewindLog } from "../../../host/devices/rewind-log.js";
import type { MoveTransform } from "../../../host/printer/module.js";

const XY = { first: 0, second: 1, rise: 2 } as const;

/** The tool head behind a transform: where it was sent. */
class Head implements MoveTransform {
  readonly at = new Float64Array(4);
  readonly moves: number[][] = [];

  move(x: number, y: number, z: number, e: number): void {
    this.at.set([x, y, z, e]);
    this.moves.push([x, y, z, Math.round(e * 1e6) / 1e6]);
  }

  readPosition(position: Float64Array): void {
    position.set(this.at);
  }
}

test("gives the state that held behind a place of the file, and forgets what came later", () => {
  const log = new RewindLog("start");
  log.note(10, "a");
  log.note(20, "b");
  log.note(30, "c");
  expect([log.rewind(25), log.rewind(40), log.rewind(15), log.rewind(5)]).toEqual(["b", "b", "a", "start"]);
  log.note(-1, "typed");
  expect(log.rewind(0)).toBe("typed");
});

test("keeps every point of an arc on its circle, in even steps, to its exact end", () => {
  const coordinate = fc.double({ min: -200, max: 200, noNaN: true });
  fc.assert(
    fc.property(
      coordinate,
      coordinate,
      fc.double({ min: 1, max: 100, noNaN: true }),
      fc.double({ min: 0.1, max: 6.1, noNaN: true }),
      fc.boolean(),
      (x, y, radius, angle, isClockwise) => {
        const turned = isClockwise ? -angle : angle;
        const to = [x - radius + radius * Math.cos(turned), y + radius * Math.sin(turned), 3] as const;
        const points = arcPoints([x, y, 1], to, [-radius, 0], isClockwise, XY, 0.5);
        expect(points.at(-1)).toEqual(to);
        expect(Math.abs(points.length - Math.hypot(radius * angle, 2) / 0.5)).toBeLessThanOrEqual(1.001);
        for (const [px, py] of points)
          expect(Math.abs(Math.hypot(px - x + radius, py - y) - radius)).toBeLessThan(1e-9);
      },
    ),
  );
});

test("takes an arc that ends where it starts to be a full circle", () => {
  const points = arcPoints([10, 0, 0], [10, 0, 0], [-10, 0], false, XY, 1);
  expect(points.length).toBe(62);
  expect(Math.min(...points.map(([x]) => x))).toBeLessThan(-9.9);
});

test("leaves moves out, goes straight on behind them and pushes the filament of the rest", () => {
  let isExcluding = false;
  const head = new Head();
  const transform = new ExcludingTransform(head, () => isExcluding);
  transform.move(10, 0, 0, 1, 50);
  isExcluding = true;
  transform.move(20, 0, 0, 3, 50);
  transform.move(30, 0, 0, 5, 50);
  const seen = new Float64Array(4);
  transform.readPosition(seen);
  expect([...seen]).toEqual([30, 0, 0, 5]);
  isExcluding = false;
  transform.move(40, 0, 0, 5, 50);
  transform.move(50, 0, 0, 6, 50);
  expect(head.moves).toEqual([
    [10, 0, 0, 1],
    [40, 0, 0, 1],
    [50, 0, 0, 2],
  ]);
});

test("makes up for filament that was retracted on one side of what was left out only", () => {
  let isExcluding = false;
  const head = new Head();
  const transform = new ExcludingTransform(head, () => isExcluding);
  transform.move(10, 0, 0, 5, 50);
  isExcluding = true;
  // Inside, the file prints and then retracts 0.8 mm, which really is still in the nozzle.
  transform.move(20, 0, 0, 7, 50);
  transform.move(20, 0, 0, 6.2, 50);
  isExcluding = false;
  transform.move(30, 0, 0, 6.2, 50);
  transform.move(30, 0, 0, 7, 50);
  transform.move(40, 0, 0, 8, 50);
  expect(head.moves).toEqual([
    [10, 0, 0, 5],
    [30, 0, 0, 5],
    [30, 0, 0, 5],
    [40, 0, 0, 6],
  ]);
});
