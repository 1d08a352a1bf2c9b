import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CORE_EXPORT_NAMES } from "../../host/core/exports.js";
import { compileCore, coreFile, hasSimd } from "../../host/core/load.js";
import { CARTESIAN, COREXY, CoreRig, MOVE, type RigStepper } from "../support/core-rig.js";

const BUILDS = [
  { shared: true, simd: true },
  { shared: true, simd: false },
  { shared: false, simd: true },
  { shared: false, simd: false },
];

const jobs = fc.array(
  fc.record({
    x: fc.integer({ min: 0, max: 2000 }).map((n) => n / 100),
    y: fc.integer({ min: 0, max: 2000 }).map((n) => n / 100),
    z: fc.integer({ min: 0, max: 20 }).map((n) => n / 100),
    e: fc.integer({ min: -100, max: 300 }).map((n) => n / 100),
    speed: fc.integer({ min: 5, max: 300 }),
  }),
  { minLength: 1, maxLength: 40 },
);

async function bytesOf(
  job: readonly {
    readonly x: number;
    readonly y: number;
    readonly z: number;
    readonly e: number;
    readonly speed: number;
  }[],
  steppers: readonly RigStepper[],
  load: (typeof BUILDS)[number],
): Promise<readonly number[]> {
  const rig = await CoreRig.create({ steppers, load });
  for (const move of job) rig.push({ ...MOVE, ...move });
  rig.finish();
  return rig.bytes[0] ?? [];
}

test("scalar and vector, shared and unshared builds make the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(jobs, fc.constantFrom(CARTESIAN, COREXY), async (job, steppers) => {
      const [first, ...others] = await Promise.all(BUILDS.map((build) => bytesOf(job, steppers, build)));
      for (const other of others) expect(other).toEqual(first);
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

test("the same job makes the same bytes again", async () => {
  await fc.assert(
    fc.asyncProperty(jobs, async (job) => {
      const [build] = BUILDS;
      if (build === undefined) throw new Error("there is no build");
      expect(await bytesOf(job, CARTESIAN, build)).toEqual(await bytesOf(job, CARTESIAN, build));
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

test("the hand-written list of exports is the module's own", async () => {
  for (const build of BUILDS) {
    const module = await compileCore(build);
    const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "function");
    expect(functions.map(({ name }) => name).sort()).toEqual([...CORE_EXPORT_NAMES].sort());
  }
});

test("the core imports nothing but its memory", async () => {
  const module = await compileCore({ shared: true });
  expect(
    WebAssembly.Module.imports(module)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["memory"]);
});

test("this engine has vectors, and the build for it is chosen by itself", () => {
  expect(hasSimd()).toBe(true);
  expect(coreFile({})).toBe("core.unshared.wasm");
  expect(coreFile({ shared: true, simd: false })).toBe("core.scalar.wasm");
});

test("the core stays below 64 KB", async () => {
  const bytes = await readFile(new URL("../../build/core.wasm", import.meta.url));
  expect(bytes.length).toBeLessThan(64 * 1024);
});
