import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

// The program as its owner starts it.

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "steadyhand-commands-"));
const cases = join(root, "test/golden/cases");
const dictionary = join(cases, "dictionaries/atmega2560.dict");

afterAll(() => rmSync(folder, { recursive: true }));

function steadyhand(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "build/js/host/main.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, out: stdout.trim(), error: stderr.trim() };
}

function compile(job: string, output: string) {
  const config = join(cases, "cartesian-basic/printer.cfg");
  return steadyhand("compile", job, "--config", config, "--dictionary", dictionary, "--output", output);
}

test("two compiles of one job give the same file", () => {
  const job = join(cases, "cartesian-basic/job.gcode.gz");
  expect(compile(job, "a.txt").status).toBe(0);
  expect(compile(job, "b.txt").status).toBe(0);
  const [a, b] = ["a.txt", "b.txt"].map((name) => readFileSync(join(folder, name)));
  expect(a?.length).toBeGreaterThan(10_000);
  expect(b?.equals(a ?? Buffer.alloc(0))).toBe(true);
});

test("a job that leaves the printer's limits is refused with its line, and leaves no file", () => {
  writeFileSync(join(folder, "far.gcode"), "G28\nG90\nG1 X900 F6000\n");
  const { status, error } = compile("far.gcode", "far.txt");
  expect(status).toBe(1);
  expect(error).toMatchInlineSnapshot(`
    "far.gcode:3: the move ends at x = 900 mm, above the maximum 250 mm (MOVE_OUT_OF_RANGE)
    //   To fix: stay between 0 and 250 mm, or correct position_min and position_max in [stepper_x]"
  `);
  expect(() => readFileSync(join(folder, "far.txt"))).toThrow(/ENOENT/);
});

test("all mistakes of a configuration are told at once", () => {
  const lines = ["[mcu]", "serial: x", "[printer]", "kinematics: none", "max_velocity: 300", "max_acel: 3000", "[fam]"];
  writeFileSync(join(folder, "bad.cfg"), `${lines.join("\n")}\n`);
  const { status, error } = steadyhand("check", "--config", "bad.cfg");
  expect(status).toBe(1);
  expect(error).toContain("bad.cfg:6: option 'max_acel' in section 'printer' is not known");
  expect(error).toContain("did you mean 'max_accel'?");
  expect(error).toContain("bad.cfg:7: section 'fam' is not known");
});

test("a command line that is not understood says what to write", () => {
  expect(steadyhand("compil")).toEqual({
    status: 2,
    out: "",
    error: "steadyhand: there is no command 'compil'. Did you mean 'compile'?",
  });
  expect(steadyhand("print", "a.gcode", "--sped", "3").error).toBe(
    "steadyhand: 'print' has no option --sped. Did you mean --speed?",
  );
});
