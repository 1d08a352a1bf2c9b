// thread: host
import { linearKinematics } from "./linear.js";

/** The motor of x works against that of z, which moves z alone. */
export const hybridCorexz = linearKinematics({
  name: "hybrid_corexz",
  actuators: [
    [1, 0, -1],
    [0, 1, 0],
    [0, 0, 1],
  ],
  coordinates: [
    [1, 0, 1],
    [0, 1, 0],
    [0, 0, 1],
  ],
});
