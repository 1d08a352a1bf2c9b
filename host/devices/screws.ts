// thread: host
import type { SectionReader } from "../printer/module.js";
import { readXy, type Xy } from "./probe-points.js";

/** A screw that levels the bed. */
export interface Screw {
  readonly name: string;
  readonly place: Xy;
  /** Where one of three screws moves the bed more than at the screw itself; `null` when it is not used. */
  readonly fine: Xy | null;
}

const MOST_SCREWS = 99;

/** Reads `screw1`, `screw1_name` and so on; with `hasFine` also `screw1_fine_adjust`. At least `least` screws. */
export function readScrews(section: SectionReader, least: number, hasFine = false): readonly Screw[] {
  const screws: Screw[] = [];
  for (let n = 1; n <= MOST_SCREWS; n++) {
    if (n > least && !section.has(`screw${n}`)) break;
    const place = readXy(section, `screw${n}`, "Place of the nozzle over the screw.");
    const name = section.string(`screw${n}_name`, `screw at ${place[0].toFixed(3)},${place[1].toFixed(3)}`, {
      help: "What messages call the screw.",
    });
    const option = `screw${n}_fine_adjust`;
    const help = "Place of the nozzle for the second, finer round.";
    const fine = hasFine && section.has(option) ? readXy(section, option, help) : null;
    if (hasFine && fine === null) section.floats(option, null, { count: 2, help });
    screws.push({ name, place, fine });
  }
  return screws;
}
