// thread: host
import { HostError } from "../../shared/errors.js";

/** A coordinate as messages show it. */
function shown(value: number): string {
  return String(Number(value.toFixed(3)));
}

/** The error for a move of axes (letters) that are not homed. */
export function notHomed(axes: string): HostError<"MOVE_NOT_HOMED"> {
  const subject =
    axes.length === 1 ? `the ${axes} axis is not homed, so it` : `${[...axes].join(", ")} are not homed, so they`;
  return new HostError("MOVE_NOT_HOMED", `${subject} cannot be moved to a coordinate`, {
    details: { axes },
    fix: axes.length === 1 ? `run G28 or 'G28 ${axes.toUpperCase()}' first` : "run G28 first",
  });
}

/** The error for a coordinate beyond its limits. */
export function outOfRange(
  axis: string,
  value: number,
  min: number,
  max: number,
  options = `position_min and position_max in [stepper_${axis}]`,
): HostError<"MOVE_OUT_OF_RANGE"> {
  const side = value < min ? `below the minimum ${shown(min)} mm` : `above the maximum ${shown(max)} mm`;
  return new HostError("MOVE_OUT_OF_RANGE", `the move ends at ${axis} = ${shown(value)} mm, ${side}`, {
    details: { axis, value, min, max },
    fix: `stay between ${shown(min)} and ${shown(max)} mm, or correct ${options}`,
  });
}

/** The error for a place that is too far from the centre. */
export function outOfReach(distance: number, most: number, z: number, fix: string): HostError<"MOVE_OUT_OF_RANGE"> {
  const message =
    `the move ends ${shown(distance)} mm from the centre at z = ${shown(z)} mm, ` +
    `where ${shown(most)} mm can be reached`;
  return new HostError("MOVE_OUT_OF_RANGE", message, {
    details: { axis: "xy", value: distance, min: 0, max: most },
    fix,
  });
}
