import fc from "fast-check";
import { expect, test } from "vitest";
import { CommandTable } from "../../../host/gcode/command-table.js";
import { Gcode } from "../../../host/gcode/gcode.js";
import { HAS_E, HAS_F, HAS_X, HAS_Y, HAS_Z, MoveWords } from "../../../host/gcode/move-words.js";
import { CONSOLE } from "../../../host/gcode/origin.js";
import { GcodeOutput } from "../../../host/gcode/output.js";
import { parseMove } from "../../../host/gcode/parse-move.js";

const encoder = new TextEncoder();

interface Numbers {
  has: number;
  x: number;
  y: number;
  z: number;
  e: number;
  f: number;
}

const numbersOf = ({ has, x, y, z, e, f }: MoveWords): Numbers => ({ has, x, y, z, e, f });
const NONE: Numbers = { has: 0, x: 0, y: 0, z: 0, e: 0, f: 0 };

function fast(text: string): Numbers | "left alone" {
  const bytes = encoder.encode(`###${text}###`);
  const words = new MoveWords({ line: 0, position: -1, text: () => "" });
  return parseMove(bytes, 3, bytes.length - 3, words) ? numbersOf(words) : "left alone";
}

/** The same line by way of text, command and `readMove`; what the consoles are told when it is refused. */
async function slow(text: string): Promise<Numbers | string> {
  const table = new CommandTable();
  const output = new GcodeOutput();
  let result: Numbers | string = "nothing";
  output.listen((message) => {
    result = message;
  });
  table.registerMoves((move) => {
    result = numbersOf(move);
  });
  await new Gcode(table, output).run(text, CONSOLE).catch(() => undefined);
  return result;
}

test("reads plain moves", () => {
  expect(fast("G1 X10 Y-5.5 E.02552")).toEqual({ ...NONE, has: HAS_X | HAS_Y | HAS_E, x: 10, y: -5.5, e: 0.02552 });
  expect(fast("g0x1y2z3f1500")).toEqual({ has: HAS_X | HAS_Y | HAS_Z | HAS_F, x: 1, y: 2, z: 3, e: 0, f: 1500 });
  expect(fast("  G1\tX+5. \t; home")).toEqual({ ...NONE, has: HAS_X, x: 5 });
  expect(fast("G1 X1 X2")).toEqual({ ...NONE, has: HAS_X, x: 2 });
  expect(fast("G1")).toEqual(NONE);
  expect(fast("G1;X5")).toEqual(NONE);
});

test("leaves every other line alone", () => {
  const others = [
    "",
    ";G1 X1",
    "G",
    "G10 X1",
    "G1.1 X1",
    "G01 X1",
    "G 1 X1",
    "N1 G1 X1*20",
    "G1 X1*20",
    "G1 X",
    "G1 X Y1",
    "G1 X--1",
    "G1 X1.2.3",
    "G1 X1_0",
    "G1 XY1",
    "G1 X=5",
    "G1 X 5",
    "G1 A5",
    "G1 X1 2",
    "G1 X.",
    "G1 X-",
    "G1 X1#c",
    "G1 X1234567890123456",
    "G1 X1é",
    "M104 S200",
    "FOO",
  ];
  for (const text of others) expect(fast(text), text).toBe("left alone");
});

test("each line is read within its own bytes", () => {
  const bytes = encoder.encode("G1 X12");
  const words = new MoveWords({ line: 0, position: -1, text: () => "" });
  expect(parseMove(bytes, 0, 5, words) && words.x).toBe(1);
  expect(parseMove(bytes, 0, 2, words) && words.has).toBe(0);
  expect(parseMove(bytes, 0, 1, words)).toBe(false);
});

const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e5, max: 1e5 }).map((value) => value.toFixed(5)),
  fc.stringMatching(/^[+-]?[0-9]{0,9}\.?[0-9]{0,9}$/),
  fc.stringMatching(/^[+-]?[0-9]{14,20}\.[0-9]{0,5}$/),
);
const piece = fc.oneof(
  fc
    .tuple(fc.constantFrom("X", "Y", "Z", "E", "F", "x", "y", "z", "e", "f"), number)
    .map(([letter, value]) => letter + value),
  fc.constantFrom(" ", "\t", ";", "A", "_", "X", "*", "é", "."),
);
const moveText = fc
  .tuple(
    fc.constantFrom("G1", "G0", "g1", " G1 ", "G1 "),
    fc.array(fc.tuple(piece, fc.constantFrom(" ", "", "  ")), { maxLength: 6 }),
  )
  .map(([command, pieces]) => command + pieces.flat().join(""));

test("what it reads is what the general parser reads, bit for bit", () => {
  let read = 0;
  return fc
    .assert(
      fc.asyncProperty(moveText, async (text) => {
        const numbers = fast(text);
        if (numbers === "left alone") return;
        read++;
        expect(await slow(text)).toEqual(numbers);
      }),
      { numRuns: 2000 },
    )
    .then(() => expect(read).toBeGreaterThan(300));
});

test("numbers are those that Number gives, to the last bit", () => {
  const decimal = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), fc.nat(15), fc.boolean());
  fc.assert(
    fc.property(decimal, ([digits, decimals, isNegative]) => {
      const padded = digits
        .toString()
        .padStart(decimals + 1, "0")
        .slice(-15);
      const cut = padded.length - Math.min(decimals, padded.length);
      const text = `${isNegative ? "-" : ""}${padded.slice(0, cut)}.${padded.slice(cut)}`;
      const numbers = fast(`G1 X${text}`);
      if (numbers === "left alone") throw new Error(`${text} was left alone`);
      expect(Object.is(numbers.x, Number(text))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("no bytes throw", () => {
  const words = new MoveWords({ line: 0, position: -1, text: () => "" });
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(typeof parseMove(bytes, 0, bytes.length, words)).toBe("boolean");
    }),
  );
});
