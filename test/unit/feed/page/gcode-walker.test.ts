import fc from "fast-check";
import { expect, test } from "vitest";
import { GcodeWalker, type WalkerSink } from "../../../../host/feed/page/gcode-walker.js";

interface Found {
  readonly moves: number[][];
  readonly layers: (readonly [z: number, offset: number])[];
}

function walk(pieces: readonly string[]): Found {
  const found: Found = { moves: [], layers: [] };
  const sink: WalkerSink = {
    move: (...[fromX, fromY, toX, toY, speed, extrudes, offset]) =>
      found.moves.push([fromX, fromY, toX, toY, speed, extrudes ? 1 : 0, offset]),
    layer: (z, offset) => found.layers.push([z, offset]),
  };
  const walker = new GcodeWalker(sink);
  for (const piece of pieces) walker.push(piece);
  walker.end();
  return found;
}

test("reads travel and extrusion with their speed and the byte of their line", () => {
  const file = "G90\nM83\nG1 X10 Y20 F6000\n;TYPE:Wall\nG1 Z.2\ng1 x30 e1 f1500 ; wall\nG1 E-.8\n";
  expect(walk([file]).moves).toEqual([
    [0, 0, 10, 20, 100, 0, 8],
    [10, 20, 30, 20, 25, 1, file.indexOf("g1 x30")],
  ]);
});

test("a layer begins where something is laid down at another height, not at a hop", () => {
  const file = ["M83", "G1 Z.2", "G1 X1 E1", "G1 Z.6", "G0 X5", "G1 Z.2", "G1 X6 E1", "G1 Z.4", "G1 X7 E1"].join("\n");
  expect(walk([file]).layers).toEqual([
    [0.2, file.indexOf("G1 X1 E1")],
    [0.4, file.indexOf("G1 X7 E1")],
  ]);
});

test("a spiral that rises all the time becomes layers of a readable height", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `G1 X${i} Z${(0.2 + i * 0.01).toFixed(3)} E.1`);
  const { layers } = walk([["M83", ...lines].join("\n")]);
  expect(layers.length).toBeGreaterThan(15);
  expect(layers.length).toBeLessThan(30);
});

test("knows relative moves, inches, absolute extrusion and a position that is set", () => {
  const file = ["G91", "G1 X1", "G90", "G20", "G1 Y1 E1 F60", "G21", "G92 X0 E0", "G1 X2 E0", "G1 X3 E1"].join("\n");
  expect(walk([file]).moves.map((move) => move.slice(0, 6))).toEqual([
    [0, 0, 1, 0, 50, 0],
    [1, 0, 1, 25.4, 25.4, 1],
    [0, 25.4, 2, 25.4, 25.4, 0],
    [2, 25.4, 3, 25.4, 25.4, 1],
  ]);
});

test("an arc ends where it should, and stays on its circle", () => {
  const { moves } = walk(["G1 X10 Y0\nG3 X0 Y10 I-10 J0\nG2 X10 Y0 R10\n"]);
  for (const [, , x = 0, y = 0] of moves.slice(1)) expect(Math.hypot(x, y)).toBeCloseTo(10, 6);
  expect(moves.at(-1)?.slice(2, 4)).toEqual([10, 0]);
  // A quarter of a circle: not the long way round.
  expect(moves.length).toBeLessThan(70);
});

test("finds the same, wherever the file is cut", () => {
  const line = fc.oneof(
    fc.constantFrom("G90", "G91", "M82", "M83", "G28", "G92 E0", ";LAYER:3", "", "M117 Hello G1 X5", "G20", "G21"),
    fc
      .record({
        x: fc.integer({ min: 0, max: 999 }),
        z: fc.integer({ min: 0, max: 9 }),
        e: fc.integer({ min: -3, max: 9 }),
      })
      .map(({ x, z, e }) => `G1 X${x / 10} Z${z / 5} E${e / 4} F${600 + x}`),
  );
  const input = fc.tuple(fc.array(line, { maxLength: 60 }), fc.array(fc.nat({ max: 900 }), { maxLength: 8 }));
  fc.assert(
    fc.property(input, ([lines, cuts]) => {
      const file = lines.join("\n");
      const places = [0, ...cuts.map((cut) => Math.min(cut, file.length)).sort((a, b) => a - b), file.length];
      const pieces = places.slice(1).map((place, i) => file.slice(places[i], place));
      expect(walk(pieces)).toEqual(walk([file]));
    }),
  );
});

test("never finds a number that is none, whatever is in the file", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("G1", " X", "-", ".", "9", "E1", "R", "G2", "I", "\n", "N5", ";", "F0"), {
        maxLength: 80,
      }),
      (words) => {
        for (const move of walk([words.join("")]).moves) expect(move.every(Number.isFinite)).toBe(true);
      },
    ),
  );
});
