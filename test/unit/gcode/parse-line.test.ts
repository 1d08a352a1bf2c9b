import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isClassicName,
  isCommandName,
  parseClassicParams,
  parseExtendedParams,
  parseLine,
  readFirstWord,
  splitWords,
} from "../../../host/gcode/parse-line.js";

const nameOf = (text: string) => parseLine(text)?.name;
const rawOf = (text: string) => parseLine(text)?.raw;

function paramsOf(text: string): Record<string, string> | "malformed" | undefined {
  const line = parseLine(text);
  if (line === undefined) return undefined;
  const params = isClassicName(line.name) ? parseClassicParams(line) : parseExtendedParams(line.raw);
  return params === undefined ? "malformed" : Object.fromEntries(params);
}

// The expected values of this file were checked against klippy, run as a black box.

test("classic parameters are letters with values, with or without spaces", () => {
  for (const text of [
    "G5 X1 Y2.5 Z-3",
    "g5x1y2.5z-3",
    "G5 X 1  Y 2.5 Z -3",
    "\tG5\tX1\tY2.5\tZ-3",
    "  G5 X1Y2.5Z-3 ",
  ]) {
    expect(paramsOf(text), text).toEqual({ G: "5", X: "1", Y: "2.5", Z: "-3" });
  }
});

test("values of classic parameters are any text up to the next letter", () => {
  expect(paramsOf("G5 X+5 Y.5 Z1e-3")).toEqual({ G: "5", X: "+5", Y: ".5", Z: "1", E: "-3" });
  expect(paramsOf("G5 X Y1")).toEqual({ G: "5", X: "", Y: "1" });
  expect(paramsOf("G5 X1 X2")).toEqual({ G: "5", X: "2" });
  expect(paramsOf("G5 X1.2.3")).toEqual({ G: "5", X: "1.2.3" });
  expect(paramsOf("G5 Xabc")).toEqual({ G: "5", XABC: "" });
  expect(paramsOf("G5 x=5")).toEqual({ G: "5", X: "=5" });
  expect(paramsOf('M862.3 P"MK3" S1')).toEqual({ M: "862.3", P: '"', MK: '3"', S: "1" });
});

test("a comment ends classic parameters, and stays in the raw text", () => {
  expect(paramsOf("G5 X1;Y2")).toEqual({ G: "5", X: "1" });
  expect(rawOf("G5 X1 ; comment")).toBe("X1 ; comment");
  expect(rawOf("G5 ;x")).toBe(";x");
});

test("commands with points and letters in odd places have the name that Klipper gives them", () => {
  expect(["G29.1 A1", "M862.3", "T0", "T", "_U A=1", "FOO2 A=1", "foo_bar", "ÄB A=1"].map(nameOf)).toEqual([
    "G29.1",
    "M862.3",
    "T0",
    "T",
    "_U",
    "FOO2",
    "FOO_BAR",
    "ÄB",
  ]);
  const odd = [
    "G5 (paren) X1",
    "G 5 X1",
    "T 0",
    "M07",
    "99M7",
    "FOO =1",
    "FOO:A=1",
    "F1O A=1",
    "*33",
    "%",
    "@pause",
    "/G5 X1",
  ];
  expect(odd.map(nameOf)).toEqual([
    "G5 (",
    "G 5",
    "T 0",
    "M07",
    "99M7",
    "FOO =1",
    "FOO:",
    "F1",
    "*33",
    "%",
    "@PAUSE",
    "/G5",
  ]);
});

test("empty lines, comments and bare line numbers are no command", () => {
  for (const text of ["", "   ", ";", "; G1 X1", "N5", "N12 ; x", "\r"]) expect(parseLine(text), text).toBeUndefined();
});

test("a line number is skipped, and the checksum behind it with it", () => {
  for (const text of ["N10 G5 X1*37", "N10G5 X1", "n12 g5 x1 *3", "N-5 G5 X1", "N5.5 G5 X1"]) {
    expect(paramsOf(text), text).toEqual({ G: "5", X: "1" });
  }
  expect(rawOf("N1 M117 hi*33")).toBe("hi");
  expect(rawOf("N1 M117 hi *33")).toBe("hi ");
  expect(rawOf("N5 RAW A=1*33")).toBe("A=1");
  expect(rawOf("N7 RAW*12")).toBe("");
  expect(nameOf("NRAW A=1")).toBe("NRAW");
  expect(paramsOf("N3 RAW *")).toBe("malformed");
});

test("without a line number a star is text", () => {
  expect(rawOf("M117 hi*33")).toBe("hi*33");
  expect(paramsOf("FOO A=1*33")).toEqual({ A: "1*33" });
  expect(paramsOf("RAW*33")).toBe("malformed");
});

test("the raw text keeps case, quotes and all spaces but the first, and loses those at the end", () => {
  expect(rawOf("M117   lead  trail  ")).toBe("  lead  trail");
  expect(rawOf("m118 lower Case")).toBe("lower Case");
  expect(rawOf("M117hey")).toBe("hey");
  expect(rawOf('M117 G1 X1*2*3 "größe" #x')).toBe('G1 X1*2*3 "größe" #x');
  expect(rawOf("M117")).toBe("");
});

test("extended parameters are NAME=value with quotes as in a shell", () => {
  expect(paramsOf("FOO A=1 b=aB\tC=x")).toEqual({ A: "1", B: "aB", C: "x" });
  expect(paramsOf(`FOO A="x y" B='z w' C=x"y z"w`)).toEqual({ A: "x y", B: "z w", C: "xy zw" });
  expect(paramsOf(`FOO A='it"s' B="it's" C="a\\"b" D=a\\ b E='a\\nb' F="a\\nb"`)).toEqual({
    A: 'it"s',
    B: "it's",
    C: 'a"b',
    D: "a b",
    E: "a\\nb",
    F: "a\\nb",
  });
  expect(paramsOf('FOO A= B="" C=1=2')).toEqual({ A: "", B: "", C: "1=2" });
  expect(paramsOf("FOO A=1 A=2 =3")).toEqual({ A: "2", "": "3" });
  expect(paramsOf("FOO A=größe")).toEqual({ A: "größe" });
});

test("# and ; start a comment in extended parameters, but not inside quotes", () => {
  expect(paramsOf("FOO A=1;c B=2")).toEqual({ A: "1" });
  expect(paramsOf("FOO A=1 # hash")).toEqual({ A: "1" });
  expect(paramsOf("FOO A=a#b")).toEqual({ A: "a" });
  expect(paramsOf('FOO A="a;b" B="c#d"')).toEqual({ A: "a;b", B: "c#d" });
});

test("anything else than NAME=value is malformed", () => {
  for (const text of ["FOO A", "FOO A = 1", "FOO A=1 B", 'FOO A="1', "FOO A='1", "FOO A=1 *33", "FOO A=\\"]) {
    expect(paramsOf(text), text).toBe("malformed");
  }
});

test("a line can be read again with its first word as the name, where the rules above cut it elsewhere", () => {
  expect(nameOf("PARK_1_LEFT X=5")).toBe("PARK_1");
  expect(readFirstWord("park_1_left  X=5 ")).toEqual({ name: "PARK_1_LEFT", raw: " X=5" });
  expect(nameOf('M117 "q"')).toBe('M117 "');
  expect(readFirstWord('M117 "q"')).toEqual({ name: "M117", raw: '"q"' });
  expect(readFirstWord("É A=1")).toEqual({ name: "É", raw: "A=1" });
  for (const text of ["", "G5 (paren) X1", "T 0", "FOO =1", "F1O A=1", "@pause", "G1 X1", "FOO2 #", "FOO2"]) {
    expect(readFirstWord(text), text).toBeUndefined();
  }
});

test("knows which names commands can have, and which of them are classic", () => {
  const good = [
    "FOO",
    "G5",
    "M862.3",
    "T0",
    "FOO2",
    "A_1",
    "FOO_BAR",
    "G29.1",
    "T",
    "_U",
    "_",
    "ÄB",
    "É",
    "FOO_1_2",
    "A1.",
  ];
  for (const name of good) expect(isCommandName(name), name).toBe(true);
  const bad = [
    "M117X",
    "F1O",
    "A-B",
    "A.B",
    "A B",
    "G1X",
    "1A",
    "A1_",
    "_1",
    "A:B",
    "M1.2.3",
    "G-1",
    "M25_X",
    "FOO.1",
    "",
  ];
  for (const name of bad) expect(isCommandName(name), name).toBe(false);
  expect(["G5", "M862.3", "T0", "X9", "T", "FOO2", "A_1"].map(isClassicName)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "G",
        "1",
        "N",
        "*",
        ";",
        " ",
        "\t",
        '"',
        "'",
        "\\",
        "=",
        "#",
        "X",
        "-",
        ".",
        "_",
        "é",
        "\0",
        "\n",
      ),
    )
    .map((all) => all.join("")),
);

test("no text throws, and a name never has white space around it", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const line = parseLine(text);
      if (line === undefined) return;
      expect(line.name).toBe(line.name.trim());
      expect(line.name).not.toBe("");
      expect([...parseClassicParams(line).keys()].every((key) => key === key.toUpperCase())).toBe(true);
      parseExtendedParams(line.raw);
      readFirstWord(text);
    }),
    { numRuns: 1000 },
  );
});

test("whatever is quoted reads back", () => {
  const quote = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(splitWords(words.map(quote).join(" "))).toEqual(words);
    }),
  );
  const name = fc.stringMatching(/^[A-Z][A-Z_0-9]{0,6}$/);
  fc.assert(
    fc.property(fc.dictionary(name, fc.string()), (params) => {
      const text = Object.entries(params).map(([key, value]) => `${key.toLowerCase()}=${quote(value)}`);
      expect(Object.fromEntries(parseExtendedParams(text.join("  ")) ?? [])).toEqual(params);
    }),
  );
});

test("classic parameters read back, however they are spaced", () => {
  const value = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }));
  const params = fc.dictionary(
    fc.constantFrom("X", "Y", "Z", "E", "F", "S", "P"),
    value.map((n) => n.toFixed(4)),
  );
  fc.assert(
    fc.property(params, fc.constantFrom("", " ", "\t "), fc.boolean(), (words, gap, isLower) => {
      const text = `G5${Object.entries(words)
        .map(([key, word]) => gap + key + word)
        .join("")}`;
      expect(paramsOf(isLower ? text.toLowerCase() : text)).toEqual({ G: "5", ...words });
    }),
  );
});
