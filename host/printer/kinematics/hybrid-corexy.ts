// thread: host
import { linearKinematics } from "./linear.js";

/** The motor of x works against that of y, which moves y alone. */
export const hybridCorexy = linearKinematics({
  name: "hybrid_corexy",
  actuators: [
    [1, -1, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  coordinates: [
    [1, 1, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
});
