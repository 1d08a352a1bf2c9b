// thread: host
import type { PrinterSession } from "../printer/session.js";
import { durationText } from "./compile-summary.js";

const BAR_WIDTH = 24;

/** A line that says how far a print is. */
export class PrintProgress {
  readonly #session: PrinterSession;
  readonly #factor: number;

  constructor(session: PrinterSession, factor: number) {
    this.#session = session;
    this.#factor = factor;
  }

  text(): string {
    const { objects } = this.#session;
    const number = (object: string, field: string): number => {
      const value = objects.status(object)?.[field];
      return typeof value === "number" ? value : 0;
    };
    const done = Math.min(1, Math.max(0, number("virtual_sdcard", "progress")));
    const filled = Math.round(done * BAR_WIDTH);
    const bar = `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
    const nozzle = `nozzle ${number("extruder", "temperature").toFixed(0)}/${number("extruder", "target").toFixed(0)} °C`;
    const bed = `bed ${number("heater_bed", "temperature").toFixed(0)}/${number("heater_bed", "target").toFixed(0)} °C`;
    const elapsed = durationText(number("print_stats", "total_duration"));
    const speed = this.#factor === 1 ? "" : `, virtual printer at ${factorText(this.#factor)}`;
    return `${bar} ${(done * 100).toFixed(1).padStart(5)} %  ${elapsed}  ${nozzle}  ${bed}${speed}`;
  }
}

const factorText = (factor: number): string => (Number.isFinite(factor) ? `${factor}x real time` : "full speed");
