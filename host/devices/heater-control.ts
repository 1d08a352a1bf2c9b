// thread: host
import type { HeaterControl } from "../machine/setup.js";
import type { SectionReader } from "../printer/module.js";
import { celsius } from "../shared/units.js";

/** Reads `control` and the parameters of that way of regulating. */
export function readControl(section: SectionReader): HeaterControl {
  const kind = section.choice("control", ["pid", "watermark"], undefined, { help: "How it is regulated." });
  if (kind === "watermark") {
    const maxDeltaC = section.celsius("max_delta", celsius(2), {
      above: 0,
      help: "How far above and below the target it is switched.",
    });
    return { kind, maxDeltaC };
  }
  const parameter = (option: string, help: string): number => section.float(option, undefined, { min: 0, help });
  return {
    kind,
    kp: parameter("pid_Kp", "Power for each degree below the target; 255 is full power."),
    ki: parameter("pid_Ki", "Power for each degree and second below the target."),
    kd: parameter("pid_Kd", "Power for each degree per second by which it cools."),
  };
}
