// thread: host
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { createMemory, instantiateCore } from "../core/core.js";
import { compileCore } from "../core/load.js";
import {
  type MoveListKinematics,
  type MoveListOptions,
  MoveListRun,
  parseMoveList,
  type StepperTotals,
} from "../core/move-list.js";
import { type Pulse, type ShaperKind, shaperPulses } from "../core/shapers.js";
import { type Arguments, type CommandSpec, UsageError } from "./command-line.js";
import type { Terminal } from "./terminal.js";

export const BENCH_STEPS: CommandSpec = {
  name: "bench-steps",
  summary: "make the steps of a list of moves and tell what that costs",
  text: [
    "Reads trapezoids (comma-separated, with a header line; .gz when compressed) and makes their steps, commands and",
    "bytes with the real step generator and compressor. Prints what each stepper comes to, and the CPU time of that alone.",
  ].join("\n"),
  operands: ["MOVES.csv"],
  options: [
    { name: "kinematics", value: "NAME", help: "cartesian, corexy, delta or extruder" },
    { name: "steps-per-mm", value: "N", help: "steps per mm of every stepper" },
    { name: "freq", value: "HZ", help: "clock frequency of the board" },
    { name: "advance", value: "S", help: "pressure advance of an extruder; default 0" },
    { name: "smooth", value: "S", help: "its smooth time; default 0.04" },
    { name: "shaper", value: "NAME", help: "input shaper: zv, mzv, zvd, ei, 2hump_ei or 3hump_ei" },
    { name: "freq-x", value: "HZ", help: "frequency that it is for on x" },
    { name: "freq-y", value: "HZ", help: "frequency that it is for on y" },
    { name: "damping", value: "RATIO", help: "damping ratio of both; default 0.1" },
    { name: "effort", value: "N", help: "work spent on fewer commands: 0, 1 (default) or 2" },
    { name: "json", help: "print the result as JSON" },
  ],
  examples: ["steadyhand bench-steps moves.csv.gz --kinematics corexy --steps-per-mm 80 --freq 180000000"],
};

const KINEMATICS: readonly MoveListKinematics[] = ["cartesian", "corexy", "delta", "extruder"];
const SHAPERS: readonly ShaperKind[] = ["zv", "mzv", "zvd", "ei", "2hump_ei", "3hump_ei"];
const DEFAULT_SMOOTH = 0.04;
const DEFAULT_DAMPING = 0.1;

/** A value of an option that must be one of a few words. Throws `UsageError`. */
function choose<T extends string>(args: Arguments, name: string, words: readonly T[], text: string): T {
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  throw new UsageError(`--${name} must be one of ${words.join(", ")}, not '${args.text(name) ?? ""}'`);
}

/** A number of at least `least`. Throws `UsageError`. */
function number(args: Arguments, name: string, least: number, fallback?: number): number {
  const text = args.text(name) ?? (fallback === undefined ? args.needText(name, "NUMBER") : String(fallback));
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
  throw new UsageError(`--${name} must be a number from ${least}, not '${text}'`);
}

function readOptions(args: Arguments): MoveListOptions {
  const kinematics = choose(args, "kinematics", KINEMATICS, args.needText("kinematics", "NAME"));
  const shaper = args.text("shaper");
  const damping = number(args, "damping", 0, DEFAULT_DAMPING);
  if (damping >= 1) throw new UsageError(`--damping must be less than 1, not '${damping}'`);
  const pulses = (axis: "x" | "y"): readonly Pulse[] =>
    shaper === undefined
      ? []
      : shaperPulses(choose(args, "shaper", SHAPERS, shaper), number(args, `freq-${axis}`, 1), damping);
  const advanceS = number(args, "advance", 0, 0);
  return {
    kinematics,
    stepsPerMm: number(args, "steps-per-mm", Number.MIN_VALUE),
    frequencyHz: number(args, "freq", 1),
    advanceS,
    smoothTimeS: advanceS > 0 ? number(args, "smooth", 0, DEFAULT_SMOOTH) : 0,
    shapers: [pulses("x"), pulses("y")],
    effort: args.integer("effort", 1, 0, 2),
  };
}

/** `steadyhand bench-steps`. Throws `UsageError` for its options, `RangeError` for its list. */
export async function benchSteps(args: Arguments, terminal: Terminal): Promise<number> {
  const options = readOptions(args);
  const raw = await readFile(args.operand(0));
  const isPacked = raw[0] === 0x1f && raw[1] === 0x8b;
  const rows = parseMoveList((isPacked ? gunzipSync(raw) : raw).toString("latin1"));
  const core = instantiateCore(await compileCore(), createMemory(false));
  const run = new MoveListRun(core, rows, options);
  const before = process.cpuUsage();
  const steppers = run.run();
  const userS = process.cpuUsage(before).user / 1e6;
  if (args.flag("json")) terminal.line(JSON.stringify({ moves: rows.length, steppers, user_cpu_s: userS }));
  else for (const line of report(steppers, userS)) terminal.line(line);
  return 0;
}

function* report(steppers: readonly StepperTotals[], userS: number): Generator<string> {
  let all = 0;
  for (const [i, { steps, commands, bytes, directions, net }] of steppers.entries()) {
    all += steps;
    yield `stepper ${i}: steps ${steps}, queue_step ${commands}, bytes ${bytes}, set_next_step_dir ${directions}, net ${net}`;
  }
  yield `user CPU ${userS.toFixed(4)} s, ${((userS * 1e9) / Math.max(all, 1)).toFixed(2)} ns/step`;
}
