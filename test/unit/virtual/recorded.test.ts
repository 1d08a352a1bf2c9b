import { createHash, type Hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { commandText, encodeCommandText } from "../../../host/mcu/command-text.js";
import { Dictionary } from "../../../host/mcu/dictionary.js";
import { encodeBlock, PAYLOAD_MAX } from "../../../host/mcu/frame.js";
import { hostTime } from "../../../host/shared/units.js";
import { VIRTUAL_FREQUENCY, virtualDictionary } from "../../../host/virtual/dictionary.js";
import type { StepSink } from "../../../host/virtual/firmware/step-log.js";
import { Simulation } from "../../../host/virtual/simulation.js";
import { join } from "../../support/bytes.js";

// Commands that Klipper's host (v0.13.0-730) sent for a job of homing, moves, arcs and a little extrusion, in the order
// of their transmission, and what its recorder counted. Ticks were 1/16 us; here they pass four times as fast.
const LINES = gunzipSync(readFileSync(new URL("../../golden/streams/cartesian-basic.txt.gz", import.meta.url)))
  .toString()
  .trim()
  .split("\n");
const COUNTED = [
  {
    pin: "PF0",
    steps: 68206,
    position: -28000,
    last: 670511319,
    sha256: "0dc3245772872c2002181287317dc27f5a0da53f740aaf4587f6627657f1e653",
  },
  {
    pin: "PF6",
    steps: 62202,
    position: -27500,
    last: 670426025,
    sha256: "a62ff94bfa2318853072cb945fff8fe5faef81ed52b39b64015460b03c752d12",
  },
  {
    pin: "PL3",
    steps: 157900,
    position: -149500,
    last: 676783638,
    sha256: "419e961369e09b0d22a30737a9f99bd6009ea505baa6dc66bd4e1542b5146a69",
  },
  {
    pin: "PA4",
    steps: 3573,
    position: 2079,
    last: 671536948,
    sha256: "6e1f24265dcbc1fbac36ef333526fdc947783dc1bb9b81d27c3b278a660a3d5a",
  },
];
/** How long before its step a command is sent, s. */
const LEAD = 0.1;

const dictionary = Dictionary.parse(virtualDictionary({ hasSerialLine: false }));

interface Sending {
  readonly bytes: Uint8Array;
  readonly time: number;
}

/** The stream as commands with the times at which they must be sent at the latest, in order. */
function schedule(lines: readonly string[]): Sending[] {
  const clocks = new Map<string, number>();
  const due = lines.map((line) => {
    const [, oid = "", interval = 0, count = 0, add = 0] =
      /^queue_step oid=(\d+) interval=(\d+) count=(\d+) add=(-?\d+)$/
        .exec(line)
        ?.map((text, i) => (i < 2 ? text : Number(text))) ?? [];
    if (oid === "") {
      const clock = Number(
        /^(?:queue_digital_out|endstop_home|trsync_start).* (?:report_)?clock=(\d+)/.exec(line)?.[1] ?? 0,
      );
      return clock === 0 ? Number.POSITIVE_INFINITY : clock;
    }
    const [i, n, a] = [Number(interval), Number(count), Number(add)];
    const start = clocks.get(String(oid)) ?? 0;
    clocks.set(String(oid), start + n * i + (a * n * (n - 1)) / 2);
    return start + i;
  });
  let earliest = Number.POSITIVE_INFINITY;
  const times = due.toReversed().map((clock) => {
    earliest = Math.min(earliest, clock);
    return earliest;
  });
  times.reverse();
  let now = 0;
  return lines.map((line, i) => {
    const time = (times[i] ?? 0) / VIRTUAL_FREQUENCY - LEAD;
    if (Number.isFinite(time)) now = Math.max(now, time);
    return { bytes: encodeCommandText(dictionary, line), time: now };
  });
}

/** Blocks of commands that are sent at the same time or soon after. */
function pack(sendings: readonly Sending[]): Sending[] {
  const blocks: Sending[] = [];
  let open: Uint8Array[] = [];
  let [length, time] = [0, 0];
  const close = (): void => {
    if (length > 0) blocks.push({ bytes: join(open), time });
    [open, length] = [[], 0];
  };
  for (const one of sendings) {
    if (length + one.bytes.length > PAYLOAD_MAX || one.time > time + 0.005) close();
    if (length === 0) time = one.time;
    open.push(one.bytes);
    length += one.bytes.length;
  }
  close();
  return blocks;
}

test("carries out a recorded stream to the last tick of the last step", () => {
  // A batch recording has nobody to keep homing alive or to renew heaters.
  const lines = LINES.filter((line) => !line.startsWith("trsync_set_timeout")).map((line) =>
    line.replace(/max_duration=\d+/, "max_duration=0"),
  );
  const hashes = new Map<string, Hash>();
  const steps: StepSink = {
    steps: (pin, start, interval, count, add, dir) => {
      const hash = hashes.get(pin) ?? createHash("sha256");
      hashes.set(pin, hash);
      const words = new BigInt64Array(count);
      let clock = start;
      for (let i = 0, gap = interval; i < count; i++, gap += add) {
        clock += gap;
        words[i] = BigInt(clock * 2 + dir);
      }
      hash.update(words);
    },
  };
  const curve = {
    kind: "ratio" as const,
    points: [
      { c: 0, ratio: 0.15 },
      { c: 100, ratio: 0.15 },
    ],
  };
  const sensors = ["PK6", "PK5"].map((pin) => ({ name: pin, pin: { board: "mcu", pin }, curve }));
  const sim = new Simulation({
    setup: { seed: 1, boards: [{ name: "mcu", startTicks: 0 }], machine: { sensors } },
    origin: hostTime(0),
    onBytes: () => {},
    steps: () => steps,
  });
  for (const [i, { bytes, time }] of pack(schedule(lines)).entries()) {
    sim.receive(0, encodeBlock(i, bytes), hostTime(time));
    sim.runTo(hostTime(time));
  }
  sim.runTo(hostTime(sim.now + 5));
  const board = sim.report().boards[0] ?? expect.fail();
  expect(board).toMatchObject({ shutdownReason: undefined, commands: lines.length, refused: 0, unsupported: [] });
  expect(
    board.steppers.map(({ stepPin, steps: made, position, lastClock }) => ({
      pin: stepPin,
      steps: made,
      position,
      last: lastClock,
      sha256: hashes.get(stepPin)?.digest("hex"),
    })),
  ).toEqual(COUNTED);
});

test("every line of the recorded stream is encoded and printed back as it was", () => {
  const printed = LINES.map((line) => commandText(dictionary, encodeCommandText(dictionary, line)));
  expect(printed).toEqual(LINES);
});
