// thread: any
// The module `steadyhand/kinematics`: planning, step times, positions. Needs WebAssembly and nothing else: no Node-only
// interface, no shared memory.

export type { ActuatorMotion } from "./geometry.js";
export { coreFile, hasSimd, type LoadOptions } from "./load.js";
export { type Limits, MotionModel, type MotionOptions, type Motor, type Move, type MovePoint } from "./motion-model.js";
export { type Pulse, type ShaperKind, shaperPulses } from "./shapers.js";
export { decodeSteps, type StepCommand } from "./step-commands.js";
