// thread: any
/** What the motion core exports. Only numbers cross; see the doc comments in `assembly/`. */
export interface CoreExports {
  init(records: number, segments: number, extruders: number): number;
  start(): number;
  memoryUsed(): number;
  scratchAt(): number;
  addQueue(segments: number): number;
  queueEnd(queue: number): number;
  appendSegment(
    queue: number,
    start: number,
    accelTime: number,
    cruiseTime: number,
    decelTime: number,
    x: number,
    y: number,
    z: number,
    rx: number,
    ry: number,
    rz: number,
    startSpeed: number,
    cruiseSpeed: number,
    accel: number,
    e: number,
    re: number,
    advance: number,
  ): number;
  releaseSegments(): void;
  addBoard(board: number, slots: number, frequency: number): number;
  boardClock(board: number, timeOffset: number, frequency: number): number;
  boardTake(board: number, room: number, until: number, now: number, reserve: number): number;
  boardTakeSlot(board: number, due: number): number;
  boardFreeSlots(board: number, now: number): number;
  boardNextDue(board: number): number;
  boardNextFree(board: number): number;
  stepperAdd(queue: number, board: number, oid: number, stepId: number, directionId: number, commands: number): number;
  setGeometry(
    stepper: number,
    kind: number,
    perMm: number,
    invert: number,
    p0: number,
    p1: number,
    p2: number,
    p3: number,
    p4: number,
    p5: number,
  ): number;
  setTolerance(stepper: number, maxEarly: number, filter: number): number;
  setAnchor(stepper: number, position: number): number;
  declarePosition(queue: number, x: number, y: number, z: number): number;
  stepperReach(stepper: number, x: number, y: number, z: number): number;
  shapeStepper(stepper: number, axis: number, pulses: number, address: number): number;
  setSmoothTime(stepper: number, time: number): number;
  motionBefore(): number;
  motionAfter(): number;
  setEffort(effort: number): void;
  advanceSteppers(until: number, release: number, force: number, last: number): number;
  stepperStepsAt(stepper: number, clock: number): number;
  stepperMade(stepper: number): number;
  stepperPlace(stepper: number, steps: number): number;
  stepperHalt(stepper: number, steps: number, clock: number): number;
  stepperSum(stepper: number, which: number): number;
  stepperSleep(stepper: number): number;
  stepperWake(stepper: number): number;
  momentAt(queue: number, time: number): number;
  plan(until: number, rest: number): number;
  planMove(toX: number, toY: number, toZ: number, speed: number, accel: number): number;
  passBarrier(): number;
  planEnd(): number;
  aheadTime(): number;
  plannedMoves(): number;
  appliedOffset(): number;
  /** As a signed number: use `>>> 0`. */
  recordsTaken(): number;
  factorsChanged(): number;
  speedFactor(): number;
  flowFactor(): number;
  extruderPosition(extruder: number): number;
  dropUnplanned(): void;
  cutPlan(time: number): number;
  setCornerSpeed(extruder: number, speed: number): number;
  setEarliest(time: number): void;
  setLive(speed: number, flow: number, zOffset: number, hold: number): number;
  setOffsetLimits(slope: number, speed: number): number;
  dueAt(): number;
  popDue(): void;
}

/** Names of all exports, for the test that compares them with the module's own list. */
export const CORE_EXPORT_NAMES: readonly (keyof CoreExports)[] = [
  "addBoard",
  "addQueue",
  "advanceSteppers",
  "aheadTime",
  "appendSegment",
  "appliedOffset",
  "boardClock",
  "boardFreeSlots",
  "boardNextDue",
  "boardNextFree",
  "boardTake",
  "boardTakeSlot",
  "cutPlan",
  "declarePosition",
  "dropUnplanned",
  "dueAt",
  "extruderPosition",
  "factorsChanged",
  "flowFactor",
  "init",
  "memoryUsed",
  "momentAt",
  "motionAfter",
  "motionBefore",
  "passBarrier",
  "plan",
  "planEnd",
  "planMove",
  "plannedMoves",
  "popDue",
  "queueEnd",
  "recordsTaken",
  "releaseSegments",
  "scratchAt",
  "setAnchor",
  "setCornerSpeed",
  "setEarliest",
  "setEffort",
  "setGeometry",
  "setLive",
  "setOffsetLimits",
  "setSmoothTime",
  "setTolerance",
  "shapeStepper",
  "speedFactor",
  "start",
  "stepperAdd",
  "stepperHalt",
  "stepperMade",
  "stepperPlace",
  "stepperReach",
  "stepperSleep",
  "stepperStepsAt",
  "stepperSum",
  "stepperWake",
];
