import { expect, test } from "vitest";
import {
  type ActuatorMotion,
  decodeSteps,
  MotionModel,
  type MotionOptions,
  type Move,
  shaperPulses,
} from "../../host/core/index.js";

const FREQUENCY = 16e6;
/** A step may be so early, s; a tick and the rounding of the check come on top. */
const EARLY = 0.000025 + 2 / FREQUENCY;
/** Where a motor hardly moves its place is all that can be checked, in steps. */
const BLUR = 0.02;
/** Points of the numeric average of the filament's place. */
const POINTS = 4000;

const LIMITS = {
  maxVelocity: 300,
  maxAccel: 4000,
  minimumCruiseRatio: 0.5,
  squareCornerVelocity: 5,
  instantCornerVelocity: 1,
};

/** A path with corners, a reversal, short and long moves, and filament that is pushed, held and drawn back. */
const MOVES: readonly Move[] = [
  { x: 30, y: 5, z: 0.2, speed: 150, e: 1.2, advanceS: 0.05 },
  { x: 31, y: 8, z: 0.2, speed: 80, e: 0.1, advanceS: 0.05 },
  { x: 31.2, y: 8.1, z: 0.2, speed: 80, e: 0.01, advanceS: 0.05 },
  { x: 31.3, y: 8.4, z: 0.2, speed: 80, e: 0.012, advanceS: 0.05 },
  { x: 12, y: 9, z: 0.2, speed: 200, e: 0.7, advanceS: 0.05 },
  { x: 12, y: 9, z: 0.2, speed: 30, e: -0.8 },
  { x: -10, y: -20, z: 1, speed: 250 },
  { x: -10, y: -20, z: 1, speed: 30, e: 0.8 },
  { x: -40, y: 10, z: 1, speed: 120, e: 1.5, advanceS: 0.05 },
];

type Place = (model: MotionModel, time: number) => number;

async function run(options: MotionOptions): Promise<{ model: MotionModel; times: number[]; directions: number[] }> {
  const model = await MotionModel.load(options);
  for (const move of MOVES) model.push(move);
  const times: number[] = [];
  const directions: number[] = [];
  for (const command of model.commands(true)) {
    decodeSteps(command, (tick) => {
      times.push(tick / FREQUENCY);
      directions.push(command.direction);
    });
  }
  return { model, times, directions };
}

function options(motion: ActuatorMotion, stepsPerMm: number, more: Partial<MotionOptions> = {}): MotionOptions {
  return { motors: [{ motion, stepsPerMm }], limits: LIMITS, frequencyHz: FREQUENCY, ...more };
}

/** Checks every `stride`th step against the exact place of the actuator, in steps. */
async function checkSteps(given: MotionOptions, place: Place, stride = 1): Promise<void> {
  const { model, times, directions } = await run(given);
  const perMm = given.motors[0]?.stepsPerMm ?? 0;
  const zero = place(model, 0);
  const at = (time: number): number => (place(model, time) - zero) * perMm;
  expect(times.length).toBeGreaterThan(200);
  let position = 0;
  times.forEach((time, i) => {
    const direction = directions[i] ?? 0;
    const due = position + direction / 2;
    position += direction;
    if (i % stride !== 0) return;
    expect(direction * (at(time - 1 / FREQUENCY) - due)).toBeLessThan(BLUR);
    expect(direction * (at(time + EARLY) - due)).toBeGreaterThan(-BLUR);
  });
  expect(Math.abs(position - at(model.endTime + 1))).toBeLessThanOrEqual(0.5 + 1e-6);
}

const axisAt = (model: MotionModel, time: number, axis: "x" | "y" | "z" | "e"): number =>
  model.at(time)?.[axis] ?? Number.NaN;

const KINDS = ["zv", "mzv", "zvd", "ei", "2hump_ei", "3hump_ei"] as const;

test.each(KINDS)("the %s shaper adds up to the motion and leaves constant speed as it is", (kind) => {
  for (const damping of [0, 0.05, 0.1, 0.3]) {
    const pulses = shaperPulses(kind, 50, damping);
    expect(pulses.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(pulses.reduce((sum, { weight, delayS }) => sum + weight * delayS, 0)).toBeCloseTo(0, 12);
    for (const { weight } of pulses) expect(weight).toBeGreaterThan(0);
  }
});

test.each(["zv", "mzv", "zvd"] as const)("the %s shaper leaves no vibration at its own frequency", (kind) => {
  for (const damping of [0, 0.1]) {
    const pulses = shaperPulses(kind, 40, damping);
    const root = Math.sqrt(1 - damping * damping);
    const omega = 2 * Math.PI * 40;
    const last = Math.max(...pulses.map(({ delayS }) => delayS));
    const part = (wave: (angle: number) => number): number =>
      pulses.reduce(
        (sum, { weight, delayS }) =>
          sum + weight * Math.exp(damping * omega * (delayS - last)) * wave(omega * root * delayS),
        0,
      );
    expect(Math.hypot(part(Math.cos), part(Math.sin))).toBeLessThan(1e-9);
  }
});

test.each(KINDS)("each step of a motor on a belt across x and y is on time with the %s shaper", async (kind) => {
  const x = shaperPulses(kind, 52.4, 0.1);
  const y = shaperPulses(kind, 41.8, 0.05);
  await checkSteps(options({ kind: "linear", x: 1, y: -1, z: 0 }, 80, { shapers: [x, y] }), (model, time) => {
    const px = x.reduce((sum, { weight, delayS }) => sum + weight * axisAt(model, time - delayS, "x"), 0);
    const py = y.reduce((sum, { weight, delayS }) => sum + weight * axisAt(model, time - delayS, "y"), 0);
    return px - py;
  });
});

test("each step of filament is on time with pressure advance", async () => {
  const half = 0.02;
  const place: Place = (model, time) => {
    let sum = 0;
    for (let i = 0; i < POINTS; i++) {
      const s = ((i + 0.5) / POINTS) * 2 * half - half;
      const point = model.at(time + s);
      if (point === undefined) throw new RangeError("the motion is not remembered");
      const pushes = point.flow > 0 && point.speed > 0;
      sum += (point.e + (pushes ? 0.05 * point.flow : 0)) * (half - Math.abs(s));
    }
    return (sum / (half * half)) * ((2 * half) / POINTS);
  };
  await checkSteps(options({ kind: "extruder", extruder: 0 }, 400, { smoothTimeS: 2 * half }), place, 17);
});

const at = (model: MotionModel, time: number): { x: number; y: number; z: number } =>
  model.at(time) ?? { x: NaN, y: NaN, z: NaN };

const PLACES: readonly (readonly [name: string, motion: ActuatorMotion, place: Place])[] = [
  [
    "delta",
    { kind: "delta", arm: 250, x: 120, y: -70 },
    (model, time) => {
      const { x, y, z } = at(model, time);
      return z + Math.sqrt(250 ** 2 - (x - 120) ** 2 - (y + 70) ** 2);
    },
  ],
  [
    "deltesian",
    { kind: "deltesian", arm: 180, x: -95 },
    (model, time) => {
      const { x, z } = at(model, time);
      return z + Math.sqrt(180 ** 2 - (x + 95) ** 2);
    },
  ],
  ["polar arm", { kind: "polar-arm" }, (model, time) => Math.hypot(at(model, time).x, at(model, time).y)],
  [
    "winch",
    { kind: "winch", x: -300, y: 200, z: 400 },
    (model, time) => {
      const { x, y, z } = at(model, time);
      return Math.hypot(x + 300, y - 200, z - 400);
    },
  ],
];

test.each(PLACES)("each step of a %s is on time", async (_name, motion, place) => {
  await checkSteps(options(motion, 80, { start: [20, -30, 0] }), place);
});

test("each step of a shaped delta is on time", async () => {
  const pulses = shaperPulses("ei", 45, 0.08);
  const place: Place = (model, time) => {
    const x = pulses.reduce((sum, { weight, delayS }) => sum + weight * axisAt(model, time - delayS, "x"), 0);
    const y = axisAt(model, time, "y");
    return axisAt(model, time, "z") + Math.sqrt(250 ** 2 - (x - 120) ** 2 - (y + 70) ** 2);
  };
  await checkSteps(options({ kind: "delta", arm: 250, x: 120, y: -70 }, 80, { shapers: [pulses] }), place);
});

test("an upper arm of a rotary delta keeps its elbow at the length of the lower arm", async () => {
  const motion = {
    kind: "rotary-delta",
    radius: 33.9,
    height: 412.9,
    angle: Math.PI / 6,
    upperArm: 170,
    lowerArm: 320,
  } as const;
  const { model, times } = await run(options(motion, 5000, { start: [20, -30, 0] }));
  expect(times.length).toBeGreaterThan(200);
  const elbowError = (angle: number, time: number): number => {
    const { x, y, z } = at(model, time);
    const out = motion.radius + motion.upperArm * Math.cos(angle);
    const up = motion.height + motion.upperArm * Math.sin(angle);
    return Math.hypot(x - out * Math.cos(motion.angle), y - out * Math.sin(motion.angle), z - up) - motion.lowerArm;
  };
  // the only angle near the arm's rest that closes the triangle, found by bisection, is the reference
  const place: Place = (_model, time) => {
    let low = -1.4;
    let high = 1.4;
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (elbowError(middle, time) > 0 === elbowError(high, time) > 0) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  };
  await checkSteps(options(motion, 5000, { start: [20, -30, 0] }), place, 7);
});

test("a build without vector instructions gives the same commands", async () => {
  const cases: readonly MotionOptions[] = [
    options({ kind: "linear", x: 1, y: 1, z: 0 }, 80, {
      shapers: [shaperPulses("mzv", 52, 0.1), shaperPulses("zv", 40, 0.1)],
    }),
    options({ kind: "extruder", extruder: 0 }, 400, { smoothTimeS: 0.04 }),
    options({ kind: "delta", arm: 250, x: 120, y: -70 }, 80),
  ];
  for (const one of cases) {
    const simd = await run({ ...one, simd: true });
    const scalar = await run({ ...one, simd: false });
    expect(scalar.times).toEqual(simd.times);
    expect(scalar.directions).toEqual(simd.directions);
  }
});

test("a bed that would have to turn half round at once is refused", async () => {
  const model = await MotionModel.load(options({ kind: "polar-bed" }, 800, { start: [10, 0, 0] }));
  model.push({ x: -10, y: 0, z: 0, speed: 50 });
  expect(() => [...model.commands(true)]).toThrow(RangeError);
});
