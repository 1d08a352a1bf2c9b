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
  stepperStepsAt,
  stepperSum,
} from "./engine";
export {
  aheadTime,
  appliedOffset,
  dropUnplanned,
  extruderPosition,
  passBarrier,
  plan,
  planEnd,
  plannedMoves,
  setCornerSpeed,
  setEarliest,
  setLive,
  setOffsetLimits,
} from "./planner";
export { advanceSteppers, setAnchor, setGeometry, setTolerance } from "./steppers";
