// thread: host
import { cartesian } from "../kinematics/cartesian.js";
import { corexy } from "../kinematics/corexy.js";
import { corexz } from "../kinematics/corexz.js";
import { delta } from "../kinematics/delta.js";
import { hybridCorexy } from "../kinematics/hybrid-corexy.js";
import { hybridCorexz } from "../kinematics/hybrid-corexz.js";
import type { KinematicsKind } from "../kinematics/kinematics.js";
import { none } from "../kinematics/none.js";
import { polar } from "../kinematics/polar.js";

/** Every kind of kinematics, by its name in `[printer]`. */
export const kinematicsKinds: ReadonlyMap<string, KinematicsKind> = new Map(
  [cartesian, corexy, corexz, hybridCorexy, hybridCorexz, delta, polar, none].map((kind) => [kind.name, kind]),
);
