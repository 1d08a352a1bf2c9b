// The whole WASM surface: re-exports, no logic.

export { setEffort } from "./compress";
export { dueAt, popDue } from "./due";
export {
  addBoard,
  addQueue,
  appendSegment,
  boardClock,
  boardFreeSlots,
  boardNextDue,
  boardNextFree,
  boardTake,
  boardTakeSlot,
  init,
  memoryUsed,
  momentAt,
  queueEnd,
  releaseSegments,
  scratchAt,
  start,
  stepperAdd,
  stepperHalt,
  stepperMade,
  stepperPlace,
  stepperSleep,
  stepperStepsAt,
  stepperSum,
  stepperWake,
} from "./engine";
export { recordsTaken } from "./input";
export {
  aheadTime,
  appliedOffset,
  cutPlan,
  dropUnplanned,
  extruderPosition,
  factorsChanged,
  flowFactor,
  passBarrier,
  plan,
  planEnd,
  planMove,
  plannedMoves,
  setCornerSpeed,
  setEarliest,
  setLive,
  setOffsetLimits,
  speedFactor,
} from "./planner";
export { advanceSteppers, setAnchor, setGeometry, setTolerance } from "./steppers";
