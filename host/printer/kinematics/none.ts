// thread: host
import type { Kinematics, KinematicsKind } from "./kinematics.js";

/** No motion at all. */
export const noKinematics: Kinematics = {
  steppers: [],
  homedAxes: "",
  minimum: [0, 0, 0],
  maximum: [0, 0, 0],
  checkMove: () => undefined,
  setHomed: () => undefined,
  clearHomed: () => undefined,
  homingSteps: () => [],
  toActuator: () => Number.NaN,
  toPosition: () => [0, 0, 0],
  connect: () => undefined,
};

/** For a board that only heats or measures. */
export const none: KinematicsKind = { name: "none", sections: [], read: () => () => noKinematics };
