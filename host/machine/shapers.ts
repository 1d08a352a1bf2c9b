// thread: any
import { HostError } from "../shared/errors.js";

/** The error of a core that cannot shape motion. */
export function noShapers(): HostError<"GCODE_UNSUPPORTED"> {
  return new HostError("GCODE_UNSUPPORTED", "this build of the motion core has no input shapers", {
    details: { command: "SET_INPUT_SHAPER" },
    fix: "use a build that has them, or remove [input_shaper].",
  });
}
