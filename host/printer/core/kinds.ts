// thread: host
import { cartesian } from "../kinematics/cartesian.js";
import { corexy } from "../kinematics/corexy.js";
import type { KinematicsKind } from "../kinematics/kinematics.js";
import { none } from "../kinematics/none.js";

/** Every kind of kinematics, by its name in `[printer]`. */
export const kinematicsKinds: ReadonlyMap<string, KinematicsKind> = new Map(
  [cartesian, corexy, none].map((kind) => [kind.name, kind]),
);
