// thread: host
import { linearKinematics } from "./linear.js";

/** Two motors share x and y: together they move x, against each other y. */
export const corexy = linearKinematics({
  name: "corexy",
  actuators: [
    [1, 1, 0],
    [1, -1, 0],
    [0, 0, 1],
  ],
  coordinates: [
    [0.5, 0.5, 0],
    [0.5, -0.5, 0],
    [0, 0, 1],
  ],
});
