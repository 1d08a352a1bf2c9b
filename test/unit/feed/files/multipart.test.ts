import fc from "fast-check";
import { expect, test } from "vitest";
import { boundaryOf, MultipartParser } from "../../../../host/feed/files/multipart.js";

interface Part {
  readonly name: string;
  readonly filename: string | undefined;
  readonly content: string;
}

/** Feeds a form in pieces that end at these places. */
function parse(body: Buffer, boundary: string, cuts: readonly number[] = []): Part[] {
  const parts: { name: string; filename: string | undefined; pieces: Buffer[]; ended: boolean }[] = [];
  const parser = new MultipartParser(boundary, (header) => {
    const part = { ...header, pieces: [] as Buffer[], ended: false };
    parts.push(part);
    return {
      data: (bytes) => part.pieces.push(Buffer.from(bytes)),
      end: () => {
        part.ended = true;
      },
    };
  });
  let from = 0;
  for (const cut of [...cuts.map((cut) => cut % (body.byteLength + 1)).sort((a, b) => a - b), body.byteLength]) {
    // A copy, wiped afterwards: the parser must not keep what it was lent.
    const piece = Buffer.from(body.subarray(from, cut));
    parser.write(piece);
    piece.fill(0);
    from = cut;
  }
  parser.end();
  expect(parts.every(({ ended }) => ended)).toBe(true);
  return parts.map(({ name, filename, pieces }) => ({
    name,
    filename,
    content: Buffer.concat(pieces).toString("latin1"),
  }));
}

const form = (boundary: string, parts: readonly { header: string; content: string }[]): Buffer =>
  Buffer.from(
    `${parts.map(({ header, content }) => `--${boundary}\r\n${header}\r\n\r\n${content}\r\n`).join("")}--${boundary}--\r\n`,
    "latin1",
  );

test("a form as browsers send it is taken apart", () => {
  const body = form("----WebKitFormBoundaryX", [
    { header: 'Content-Disposition: form-data; name="root"', content: "gcodes" },
    {
      header: 'Content-Disposition: form-data; name="file"; filename="a \\"b\\".gcode"\r\nContent-Type: text/plain',
      content: "G28\r\n--not a boundary\r\n",
    },
    { header: "content-disposition: form-data; name=print; filename*=UTF-8''gr%C3%BC%C3%9Fe.g", content: "" },
  ]);
  expect(parse(body, "----WebKitFormBoundaryX")).toEqual([
    { name: "root", filename: undefined, content: "gcodes" },
    { name: "file", filename: 'a "b".gcode', content: "G28\r\n--not a boundary\r\n" },
    { name: "print", filename: "grüße.g", content: "" },
  ]);
});

test("the parts are the same however the form is cut, whatever they hold", () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  // Contents that are full of what boundaries are made of.
  const content = fc
    .array(fc.constantFrom("\r", "\n", "-", "--", "\r\n--", "\r\n--b", "B", "x", "\r\n\r\n", "\u00ff"), {
      maxLength: 30,
    })
    .map((pieces) => pieces.join(""));
  const part = fc.record({ name, content });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
      const body = form(
        "bBoundary",
        parts.map((each) => ({ header: `Content-Disposition: form-data; name="${each.name}"`, content: each.content })),
      );
      expect(parse(body, "bBoundary", cuts)).toEqual(parts.map((each) => ({ ...each, filename: undefined })));
    }),
  );
});

test("no input does anything but parts or a refusal", () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom(
          "--b",
          "--b--",
          "\r\n",
          "--",
          "Content-Disposition: form-data; name=",
          '"',
          "x",
          "\r\n\r\n",
          ";",
        ),
      )
      .map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 5 }), (input, cuts) => {
      try {
        parse(Buffer.from(input), "b", cuts);
      } catch (error) {
        expect(error).toMatchObject({ name: "ApiError", status: 400 });
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["it ends in the middle", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nxyz'],
  ["it has no boundary", "nothing"],
  ["a part has no name", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"],
  ["a part has no headers", "--b\r\n\r\nx\r\n--b--"],
  ["a name is not closed", '--b\r\nContent-Disposition: form-data; name="a\nb"\r\n\r\nx\r\n--b--'],
  ["something stands behind a boundary", '--bx\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--'],
  ["headers never end", `--b\r\n${"x".repeat(20_000)}`],
  ["it has too many parts", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'.repeat(65)],
])("a form is refused when %s", (_why, text) => {
  expect(() => parse(Buffer.from(text), "b")).toThrow(expect.objectContaining({ status: 400 }));
});

test("the boundary is read with and without quotes, and only from forms", () => {
  expect(boundaryOf("multipart/form-data; boundary=abc")).toBe("abc");
  expect(boundaryOf('Multipart/Form-Data; charset=x; boundary="a b;c"')).toBe("a b;c");
  expect(boundaryOf("application/json")).toBeUndefined();
  expect(boundaryOf("multipart/form-data")).toBeUndefined();
  expect(boundaryOf(`multipart/form-data; boundary=${"x".repeat(300)}`)).toBeUndefined();
});
