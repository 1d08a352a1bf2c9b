// thread: host
import delayedGcode from "../extras/delayed_gcode.js";
import displayStatus from "../extras/display_status.js";
import gcodeMacro from "../extras/gcode_macro.js";
import idleTimeout from "../extras/idle_timeout.js";
import pauseResume from "../extras/pause_resume.js";
import printStats from "../extras/print_stats.js";
import respond from "../extras/respond.js";
import virtualSdcard from "../extras/virtual_sdcard.js";
import type { AnyModule } from "./module.js";

/** Every module that the program brings with it, one per line in the order of their names. */
export const modules: readonly (AnyModule | readonly AnyModule[])[] = [
  delayedGcode,
  displayStatus,
  gcodeMacro,
  idleTimeout,
  pauseResume,
  printStats,
  respond,
  virtualSdcard,
];
