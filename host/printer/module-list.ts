// thread: host
import bedMesh from "../extras/bed_mesh.js";
import bedScrews from "../extras/bed_screws.js";
import bedTilt from "../extras/bed_tilt.js";
import bltouch from "../extras/bltouch.js";
import manualProbe from "../extras/manual_probe.js";
import probe from "../extras/probe.js";
import quadGantryLevel from "../extras/quad_gantry_level.js";
import screwsTiltAdjust from "../extras/screws_tilt_adjust.js";
import skewCorrection from "../extras/skew_correction.js";
import zTilt from "../extras/z_tilt.js";
import type { AnyModule } from "./module.js";

/** Every module that the program brings with it, one per line in the order of their names. */
export const modules: readonly (AnyModule | readonly AnyModule[])[] = [
  bedMesh,
  bedScrews,
  bedTilt,
  bltouch,
  manualProbe,
  probe,
  quadGantryLevel,
  screwsTiltAdjust,
  skewCorrection,
  zTilt,
];
