// thread: any
import type { Core } from "../core/core.js";
import { shaperPulses } from "../core/shapers.js";
import type { MachineCall } from "./messages.js";
import { coreError } from "./motion.js";
import type { ShaperSetup, StepperSetup } from "./setup.js";

type ShapeRequest = Extract<MachineCall, { readonly call: "shape" }>;

/** Shapes the motion of the tool head's steppers from its next rest or stretch of constant speed on. Throws `CORE_FAULT`. */
export function shapeMotion(core: Core, steppers: readonly StepperSetup[], request: ShapeRequest): void {
  for (const [axis, shaper] of [request.x, request.y, request.z].entries()) {
    const pulses = pulsesOf(shaper);
    const address = core.exports.scratchAt();
    const at = address >>> 3;
    pulses.forEach(({ weight, delayS }, i) => {
      core.f64[at + 2 * i] = weight;
      core.f64[at + 2 * i + 1] = delayS;
    });
    for (const [i, { motion, queue }] of steppers.entries()) {
      if (queue !== 0 || motion.kind === "extruder") continue;
      const status = core.exports.shapeStepper(i, axis, pulses.length, address);
      if (status < 0) throw coreError(status, "an input shaper");
    }
  }
}

function pulsesOf(shaper: ShaperSetup | null): ReturnType<typeof shaperPulses> {
  return shaper === null ? [] : shaperPulses(shaper.kind, shaper.frequencyHz, shaper.dampingRatio);
}
