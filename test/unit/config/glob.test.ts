import fc from "fast-check";
import { expect, test } from "vitest";
import { expandPattern } from "../../../host/config/glob.js";

const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  "/c": ["b.cfg", "a.cfg", "A.cfg", ".hidden.cfg", "x[1].cfg", "a+b.cfg", "d", "notes.txt"],
  "/c/d": ["one.cfg", "two.cfg"],
};
const list = (folder: string) => Promise.resolve(FOLDERS[folder] ?? []);
const expand = (pattern: string) => expandPattern(pattern, list);

test("a star matches any letters but no slash and no leading dot", async () => {
  expect(await expand("/c/*.cfg")).toEqual(["/c/A.cfg", "/c/a+b.cfg", "/c/a.cfg", "/c/b.cfg", "/c/x[1].cfg"]);
  expect(await expand("/c/.*.cfg")).toEqual(["/c/.hidden.cfg"]);
  expect(await expand("/c/**/*.cfg")).toEqual(["/c/d/one.cfg", "/c/d/two.cfg"]);
});

test("a question mark matches one letter, a set one of its letters", async () => {
  expect(await expand("/c/?.cfg")).toEqual(["/c/A.cfg", "/c/a.cfg", "/c/b.cfg"]);
  expect(await expand("/c/[a-z].cfg")).toEqual(["/c/a.cfg", "/c/b.cfg"]);
  expect(await expand("/c/[!a].cfg")).toEqual(["/c/A.cfg", "/c/b.cfg"]);
  expect(await expand("/c/x[[]1].cfg")).toEqual(["/c/x[1].cfg"]);
});

test("other letters mean themselves", async () => {
  expect(await expand("/c/a+b.cf[g]")).toEqual(["/c/a+b.cfg"]);
  expect(await expand("/c/a.b.cf[g]")).toEqual([]);
  expect(await expand("/c/x[1.cfg")).toEqual([]);
});

test("wildcards work in folders too, and missing folders match nothing", async () => {
  expect(await expand("/c/*/one.cfg")).toEqual(["/c/d/one.cfg"]);
  expect(await expand("/nowhere/*.cfg")).toEqual([]);
});

test("no pattern throws or takes long", () => {
  const letters = fc.constantFrom("*", "?", "[", "]", "!", "-", "a", ".", "\\", "^", "(", "/");
  const pattern = fc.array(letters, { maxLength: 20 }).map((all) => `/c/${all.join("")}`);
  return fc.assert(
    fc.asyncProperty(pattern, async (text) => {
      expect(await expand(text)).toEqual(expect.any(Array));
    }),
  );
});
