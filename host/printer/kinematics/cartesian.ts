// thread: host
import { linearKinematics } from "./linear.js";

/** Each axis has motors of its own. */
export const cartesian = linearKinematics({
  name: "cartesian",
  actuators: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  coordinates: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
});
