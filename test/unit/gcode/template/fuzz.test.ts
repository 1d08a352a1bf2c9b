import fc from "fast-check";
import { expect, test } from "vitest";
import { fromStatus } from "../../../../host/gcode/template/status.js";
import { compileTemplate } from "../../../../host/gcode/template/template.js";
import type { Value } from "../../../../host/gcode/template/values.js";
import { isHostError } from "../../../../host/shared/errors.js";

const LIMITS = { maxSteps: 5000, maxOutput: 20_000, maxSize: 20_000 };

function names(): Map<string, Value> {
  return new Map([
    ["a", 5],
    ["s", "text"],
    ["l", fromStatus([3, 1.5, "x"])],
    ["d", fromStatus({ k: 1, items: [1] })],
  ]);
}

function render(text: string): string {
  return compileTemplate(text, { name: "macro T", file: "printer.cfg", line: 1 }).render(names(), { limits: LIMITS });
}

test("leaves text without braces as it is, but for line ends", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const plain = text.replaceAll("{", "(");
      const ends = plain.replace(/\r\n?/g, "\n");
      expect(render(plain)).toBe(ends.endsWith("\n") ? ends.slice(0, -1) : ends);
    }),
  );
});

test("prints every text that a literal can hold", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const literal = JSON.stringify(text);
      expect(render(`{ ${literal} }`)).toBe(text);
    }),
  );
});

const WORDS = [
  ..."{ } {% %} {# #} {%- -%} {- -} ( ) [ ] { } , : . | ~ + - * / // % ** == != < <= > >= =".split(" "),
  ..."if elif else endif for in endfor set endset macro endmacro call endcall with endwith filter endfilter raw endraw".split(
    " ",
  ),
  ..."do break continue not and or is true none recursive a s l d x loop ns namespace range dict 0 1 2.5 'q' \"\" ' \\".split(
    " ",
  ),
  ..."upper int float default join map select sort round length first min sum format replace defined odd mapping".split(
    " ",
  ),
  ..."append update items split get cycle index k caller varargs kwargs \n".split(" "),
];

test("renders any heap of tokens, or says what is wrong with it", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 25 }), fc.constantFrom("", " "), (words, glue) => {
      try {
        render(words.join(glue));
      } catch (error) {
        expect(isHostError(error) && /^MACRO_/.test(error.code), String(error)).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

const operand = fc.constantFrom(
  "a",
  "s",
  "l",
  "d",
  "x",
  "1",
  "0",
  "2.5",
  "'q'",
  "none",
  "true",
  "[]",
  "{}",
  "(1, 2)",
  "range(3)",
);
const expression = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    operand,
    fc
      .tuple(
        tie("tree"),
        fc.constantFrom("+", "-", "*", "/", "//", "%", "**", "~", "<", "==", "in", "and", "or"),
        tie("tree"),
      )
      .map(([left, op, right]) => `(${left} ${op} ${right})`),
    fc
      .tuple(
        tie("tree"),
        fc.constantFrom(
          "upper",
          "int",
          "float",
          "list",
          "sort",
          "sum",
          "join(',')",
          "map('int')|list",
          "round(1)",
          "tojson",
          "pprint",
          "indent(2)",
          "batch(2)|list",
          "groupby('k')",
          "wordwrap(3)",
        ),
      )
      .map(([value, name]) => `(${value})|${name}`),
    fc
      .tuple(
        tie("tree"),
        fc.constantFrom(
          ".k",
          "[0]",
          "[1:]",
          "['k']",
          ".split()",
          ".append(1)",
          ".items()",
          ".format(1)",
          ".update(l)",
          ".pop()",
        ),
      )
      .map(([value, suffix]) => `(${value})${suffix}`),
  ),
})).tree;

test("computes any expression, or says what is wrong with it", () => {
  fc.assert(
    fc.property(expression, (text) => {
      try {
        render(`{ ${text} }`);
      } catch (error) {
        expect(isHostError(error) && /^MACRO_(ERROR|LIMIT)$/.test(error.code), String(error)).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

test("gives the same text for the same names", () => {
  fc.assert(
    fc.property(expression, (text) => {
      const outcome = () => {
        try {
          return render(`{ ${text} }`);
        } catch (error) {
          return String(error);
        }
      };
      expect(outcome()).toBe(outcome());
    }),
    { numRuns: 500 },
  );
});
