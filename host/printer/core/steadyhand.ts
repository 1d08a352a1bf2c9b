// thread: host
import { seconds } from "../../shared/units.js";
import { type AnyModule, defineModule } from "../module.js";
import type { RunParts, RunTimes } from "../run-parts.js";

/** `[steadyhand]`: how far ahead motion is worked out, and how long the machine goes on without the host. */
export function steadyhandModule(parts: RunParts): AnyModule {
  return defineModule({
    section: "steadyhand",
    isAlways: true,
    object: () => undefined,
    options: (section): RunTimes => ({
      bufferTime: section.seconds("buffer_time", seconds(2), {
        min: 0.5,
        max: 30,
        help: "Motion that may be queued when a command sees or changes something live.",
      }),
      horizon: section.seconds("horizon", seconds(0.7), {
        min: 0.3,
        max: 5,
        help: "Steps that a board is given ahead while printing.",
      }),
      homingHorizon: section.seconds("homing_horizon", seconds(0.5), {
        min: 0.1,
        max: 2,
        help: "Steps that a board is given ahead while homing.",
      }),
      hostTimeout: section.seconds("host_timeout", seconds(60), {
        min: 0,
        help: "Silence of the host after which heaters are turned off; 0 for never.",
      }),
    }),
    create(times) {
      Object.assign(parts.times, times);
      return {};
    },
  });
}
