// thread: host
import type { ModuleContext } from "../printer/module.js";

/** Something that M105 shows. */
export interface TemperatureReport {
  readonly temperature: number;
  /** `undefined` for a sensor that nothing heats or cools. */
  readonly target: number | undefined;
}

declare module "../printer/module.js" {
  interface Parts {
    /** By the name that M105 gives it: `T0`, `B`, or a `gcode_id`. */
    temperatureReport: TemperatureReport;
    /** By printer object: what shows a `temperature` that may be unknown for a while, such as a driver chip. */
    temperatureMonitor: { readonly object: string };
  }
}

/** One decimal; 0 before anything is known. */
const shown = (celsius: number): string => (Number.isFinite(celsius) ? celsius : 0).toFixed(1);

/** The line that M105 answers: `B:60.0 /60.0 T0:201.3 /210.0`. */
export function temperatureLine(ctx: ModuleContext): string {
  const reports = [...ctx.parts("temperatureReport")].sort(([a], [b]) => (a < b ? -1 : 1));
  if (reports.length === 0) return "T:0";
  return reports.map(([id, { target, temperature }]) => `${id}:${shown(temperature)} /${shown(target ?? 0)}`).join(" ");
}
