// thread: host
import { linearKinematics } from "./linear.js";

/** Two motors share x and z: together they move x, against each other z. */
export const corexz = linearKinematics({
  name: "corexz",
  actuators: [
    [1, 0, 1],
    [0, 1, 0],
    [1, 0, -1],
  ],
  coordinates: [
    [0.5, 0, 0.5],
    [0, 1, 0],
    [0.5, 0, -0.5],
  ],
});
