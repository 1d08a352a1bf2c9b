#!/usr/bin/env node
// Compares the steps of two streams of board commands: `node tools/compare-steps.mjs REFERENCE OURS --freq HZ`.
//
// Each stepper's commands are expanded into the clocks of its steps. Streams may rest for different times, so they are
// cut into stretches of motion, each timed from its own first step. In a stretch, a stepper must end at the same place,
// and take each step at the same time within the tolerance. A step that is taken back at once may be missing on either
// side: boards and hosts differ in when they drop such a pair.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Rest that ends a stretch of motion, in s. */
const REST_S = 0.04;
/** A step and its reversal that are closer than this are no motion, in s. */
const REVERSAL_S = 0.0015;
const TWO_32 = 4294967296;

/** Bytes of a number in the wire's encoding. */
function wireBytes(value) {
  const limits = [0x20, 0x1000, 0x80000, 0x4000000];
  const size = limits.findIndex((limit) => value >= -limit && value < 3 * limit);
  return size < 0 ? 5 : size + 1;
}

/** Steps of one stepper as they come out of its commands. */
class StepList {
  constructor(pin) {
    this.pin = pin;
    this.clocks = [];
    this.signs = [];
    this.commands = 0;
    this.bytes = 0;
    this.sign = -1;
    this.clock = 0;
    this.restart = undefined;
  }

  move(oid, interval, count, add, newest) {
    this.commands += 1;
    this.bytes += 1 + wireBytes(oid) + wireBytes(interval) + wireBytes(count) + wireBytes(add);
    if (this.restart !== undefined) {
      // A reset clock has 32 bits: the turn that is nearest to the rest of the stream is meant.
      const turns = Math.round((newest - this.restart - interval) / TWO_32);
      this.clock = this.restart + TWO_32 * Math.max(0, turns);
      this.restart = undefined;
    }
    for (let i = 0, wait = interval; i < count; i++, wait += add) {
      this.clock += wait;
      this.clocks.push(this.clock);
      this.signs.push(this.sign);
    }
  }
}

/** The steppers of a stream by their step pins. `path` may be compressed. */
export function readStream(path) {
  const raw = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(raw) : raw).toString("latin1");
  const byOid = new Map();
  let newest = 0;
  for (const line of text.split("\n")) {
    const [name, ...words] = line.split(" ");
    if (!/^(config_stepper|queue_step|set_next_step_dir|reset_step_clock)$/.test(name)) continue;
    const fields = Object.fromEntries(words.map((word) => word.split("=")));
    const oid = Number(fields.oid);
    if (name === "config_stepper") {
      byOid.set(oid, new StepList(fields.step_pin));
      continue;
    }
    const stepper = byOid.get(oid);
    if (name === "set_next_step_dir") stepper.sign = fields.dir === "0" ? -1 : 1;
    else if (name === "reset_step_clock") stepper.restart = Number(fields.clock);
    else stepper.move(oid, Number(fields.interval), Number(fields.count), Number(fields.add), newest);
    newest = Math.max(newest, stepper.clock);
  }
  return new Map([...byOid.values()].map((stepper) => [stepper.pin, stepper]));
}

/** Stretches of motion: where each begins, and which steps of each stepper lie in it. */
function stretchesOf(stream, rest) {
  const heads = [...stream.values()].map((steps) => ({ steps, at: 0 }));
  const stretches = [];
  for (;;) {
    const start = Math.min(...heads.map(({ steps, at }) => steps.clocks[at] ?? Number.POSITIVE_INFINITY));
    if (start === Number.POSITIVE_INFINITY) return stretches;
    const from = heads.map(({ at }) => at);
    let end = start;
    for (let before = -1; before !== end; ) {
      before = end;
      for (const head of heads) {
        const { clocks } = head.steps;
        while (head.at < clocks.length && clocks[head.at] <= end + rest) end = Math.max(end, clocks[head.at++]);
      }
    }
    stretches.push({ start, of: new Map(heads.map(({ at, steps }, i) => [steps.pin, [from[i], at]])) });
  }
}

/** Clocks and signs of a range of steps without those that are taken back at once. */
function lasting(steps, [from, to], limit) {
  const clocks = [];
  const signs = [];
  for (let i = from; i < to; i++) {
    const last = clocks.length - 1;
    if (last >= 0 && signs[last] !== steps.signs[i] && steps.clocks[i] - clocks[last] < limit) {
      clocks.pop();
      signs.pop();
    } else {
      clocks.push(steps.clocks[i]);
      signs.push(steps.signs[i]);
    }
  }
  return { clocks, signs };
}

const total = (values) => values.reduce((sum, value) => sum + value, 0);

/** Walks two lists of steps; returns the extremes of their differences in ticks, or where they part. */
function walk(a, b, aStart, bStart) {
  let [i, j, early, late] = [0, 0, 0, 0];
  while (i < a.clocks.length && j < b.clocks.length) {
    if (a.signs[i] === b.signs[j]) {
      const difference = b.clocks[j++] - bStart - (a.clocks[i++] - aStart);
      early = Math.max(early, -difference);
      late = Math.max(late, difference);
    } else if (a.signs[i + 1] !== a.signs[i] && a.signs[i + 2] === b.signs[j]) i += 2;
    else if (b.signs[j + 1] !== b.signs[j] && b.signs[j + 2] === a.signs[i]) j += 2;
    else return { early, late, partsAt: i };
  }
  return { early, late, partsAt: undefined };
}

/**
 * Compares two streams of a board with `frequency` ticks per s. Returns problems (none: a pass) and the figures:
 * steps, ratios of commands and bytes, and how early and late our steps are at most, in us.
 */
export function compareStreams(reference, ours, frequency, toleranceUs = 50) {
  const problems = [];
  const theirs = stretchesOf(reference, REST_S * frequency);
  const own = stretchesOf(ours, REST_S * frequency);
  if (theirs.length !== own.length)
    problems.push(`${theirs.length} stretches of motion in the reference, ${own.length} in ours`);
  let [early, late] = [0, 0];
  for (const [pin, steps] of reference) {
    const twin = ours.get(pin);
    if (twin === undefined) {
      problems.push(`ours has no stepper with step pin ${pin}`);
      continue;
    }
    for (let k = 0; k < Math.min(theirs.length, own.length); k++) {
      const a = lasting(steps, theirs[k].of.get(pin), REVERSAL_S * frequency);
      const b = lasting(twin, own[k].of.get(pin), REVERSAL_S * frequency);
      const [wanted, got] = [total(a.signs), total(b.signs)];
      if (wanted !== got) problems.push(`${pin}, stretch ${k}: ${wanted} steps in the reference, ${got} in ours`);
      const result = walk(a, b, theirs[k].start, own[k].start);
      if (result.partsAt !== undefined)
        problems.push(`${pin}, stretch ${k}: directions part at step ${result.partsAt}`);
      early = Math.max(early, (result.early * 1e6) / frequency);
      late = Math.max(late, (result.late * 1e6) / frequency);
    }
  }
  if (Math.max(early, late) > toleranceUs) {
    problems.push(
      `steps up to ${early.toFixed(1)} us early and ${late.toFixed(1)} us late; ${toleranceUs} us are allowed`,
    );
  }
  const count = (stream, read) => total([...stream.values()].map(read));
  const ratio = (read) => count(ours, read) / count(reference, read);
  return {
    problems,
    early,
    late,
    steps: count(ours, (one) => one.clocks.length),
    commands: count(ours, (one) => one.commands),
    referenceCommands: count(reference, (one) => one.commands),
    bytes: count(ours, (one) => one.bytes),
    referenceBytes: count(reference, (one) => one.bytes),
    commandRatio: ratio((one) => one.commands),
    byteRatio: ratio((one) => one.bytes),
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [reference, ours, flag, frequency] = process.argv.slice(2);
  if (ours === undefined || flag !== "--freq" || !(Number(frequency) > 0)) {
    console.error("usage: node tools/compare-steps.mjs REFERENCE OURS --freq HZ");
    process.exit(2);
  }
  const result = compareStreams(readStream(reference), readStream(ours), Number(frequency));
  for (const problem of result.problems) console.log(`! ${problem}`);
  console.log(
    `${result.problems.length === 0 ? "pass" : "FAIL"}: ${result.steps} steps, commands x${result.commandRatio.toFixed(3)}, bytes x${result.byteRatio.toFixed(3)}`,
  );
  process.exit(result.problems.length === 0 ? 0 : 1);
}
