// thread: host
import { HostError } from "../shared/errors.js";
import type { MoveDraft } from "./move-draft.js";
import type { ExtruderPart } from "./services.js";

const shown = (value: number, digits: number): number => Number(value.toFixed(digits));

/**
 * Limits a move that pushes filament, or throws EXTRUDE_TOO_COLD, EXTRUDE_TOO_LONG, EXTRUDE_TOO_WIDE, or MOVE_INVALID
 * when there is no extruder.
 */
export function checkExtrusion(extruder: ExtruderPart | undefined, move: MoveDraft): void {
  if (extruder === undefined) {
    throw new HostError("MOVE_INVALID", "the move pushes filament, but the printer has no extruder", {
      details: { reason: "no extruder" },
      fix: "add an [extruder] section, or leave E out",
    });
  }
  const { heater } = extruder;
  if (!heater.canExtrude) throw tooCold(extruder);
  const length = Math.abs(move.de);
  // Filament per mm of the path.
  const rate = move.de / move.distance;
  const isInPlane = move.isKinematic && (move.dx !== 0 || move.dy !== 0);
  if (!isInPlane || rate < 0) {
    if (length > extruder.maxOnlyDistance) throw tooLong(extruder, length);
    const perMm = 1 / Math.abs(rate);
    move.limit(extruder.maxOnlyVelocity * perMm, extruder.maxOnlyAccel * perMm);
    return;
  }
  const highest = extruder.maxCrossSection / extruder.filamentArea;
  // So short a move cannot lay down a blob: slicers make them by rounding.
  if (rate > highest && move.de > extruder.nozzleDiameter * highest) throw tooWide(extruder, rate);
}

function tooCold({ name, heater }: ExtruderPart): HostError {
  const { temperature, minExtrudeTemp } = heater;
  const found = shown(temperature, 1);
  return new HostError(
    "EXTRUDE_TOO_COLD",
    `${name} is at ${found} °C, too cold to push filament: at least ${minExtrudeTemp} °C is needed`,
    {
      details: { extruder: name, temperature, limit: minExtrudeTemp },
      fix: `heat the nozzle first (M109 S200), or set min_extrude_temp in [${name}]`,
    },
  );
}

function tooLong({ name, maxOnlyDistance }: ExtruderPart, length: number): HostError {
  const message = `the move pushes ${shown(length, 3)} mm of filament at once, above the maximum ${maxOnlyDistance} mm`;
  return new HostError("EXTRUDE_TOO_LONG", message, {
    details: { extruder: name, length, limit: maxOnlyDistance },
    fix: `check whether M82 or M83 is missing in the G-code, or raise max_extrude_only_distance in [${name}]`,
  });
}

function tooWide({ name, filamentArea, maxCrossSection }: ExtruderPart, rate: number): HostError {
  const area = rate * filamentArea;
  const message =
    `the move lays down a line of ${shown(area, 3)} mm^2, above the maximum ` +
    `${shown(maxCrossSection, 3)} mm^2 for this nozzle`;
  return new HostError("EXTRUDE_TOO_WIDE", message, {
    details: { extruder: name, area, limit: maxCrossSection },
    fix: `check whether M82 or M83 is missing in the G-code, or raise max_extrude_cross_section in [${name}]`,
  });
}
