// thread: host
import { defineModule, type GcodeCommand, type GcodeOrigin, type MoveTransform } from "../printer/module.js";

const CLASSIC_NAME = /^[A-Z]\d+(\.\d+)?$/;
const DIGITS = 9;
/** Heights that differ less are the same layer, in mm. */
const SAME_HEIGHT = 1e-6;

/** What a test tower varies, and how. */
interface Tower {
  readonly command: string;
  readonly parameter: string;
  readonly start: number;
  readonly skip: number;
  readonly factor: number;
  readonly band: number;
  readonly stepDelta: number;
  readonly stepHeight: number;
}

/** The value at a height. */
function valueAt(tower: Tower, z: number): number {
  const { start, skip, factor, band, stepDelta, stepHeight } = tower;
  const height = Math.max(0, z - skip);
  if (stepHeight > 0) return start + stepDelta * Math.floor(height / stepHeight);
  return start + factor * (band > 0 ? (Math.floor(height / band) + 0.5) * band : height);
}

/** TUNING_TOWER: changes a parameter with the height of a print. Always there. */
export default defineModule({
  section: "tuning_tower",
  isAlways: true,
  object: () => undefined,

  options: () => ({}),

  create(_, ctx) {
    let tower: Tower | undefined;
    let lastZ = Number.NEGATIVE_INFINITY;
    let lastE = 0;
    let lastValue = Number.NaN;
    const origin: GcodeOrigin = { name: "tuning tower", place: () => undefined };

    function end(): void {
      tower = undefined;
    }

    /** The next line of the print waits until it has run. */
    function apply(active: Tower, z: number): void {
      const value = valueAt(active, z);
      if (value === lastValue) return;
      lastValue = value;
      const sign = CLASSIC_NAME.test(active.command) ? "" : "=";
      // Every console is told of an error; the tower is of no use then.
      ctx.run(`${active.command} ${active.parameter}${sign}${value.toFixed(DIGITS)}`, origin).catch(end);
    }

    /** The first extrusion at a height sets its value; one further down is another print. */
    function see(z: number, e: number): void {
      const isExtruding = e > lastE;
      lastE = e;
      if (tower === undefined || !isExtruding || Math.abs(z - lastZ) < SAME_HEIGHT) return;
      if (z < lastZ) {
        end();
        ctx.respond("the tuning tower has ended: the print goes on further down");
        return;
      }
      lastZ = z;
      apply(tower, z);
    }

    function begin(command: GcodeCommand): void {
      const least = { min: 0 };
      const made: Tower = {
        command: command.string("COMMAND").toUpperCase(),
        parameter: command.string("PARAMETER").toUpperCase(),
        start: command.float("START", 0),
        skip: command.float("SKIP", 0, least),
        factor: command.float("FACTOR", 0),
        band: command.float("BAND", 0, least),
        stepDelta: command.float("STEP_DELTA", 0),
        stepHeight: command.float("STEP_HEIGHT", 0, least),
      };
      if (made.factor !== 0 && (made.stepDelta !== 0 || made.stepHeight !== 0)) {
        throw command.error("FACTOR and STEP_DELTA cannot be used together", "leave one of them out");
      }
      if ((made.stepDelta !== 0) !== made.stepHeight > 0) {
        throw command.error("STEP_DELTA and STEP_HEIGHT belong together", "give both");
      }
      tower = made;
      lastZ = Number.NEGATIVE_INFINITY;
      lastValue = Number.NaN;
      lastE = ctx.toolhead.position[3] ?? 0;
      command.respondInfo(`the tuning tower varies ${made.parameter} of ${made.command} from ${made.start} on`);
    }

    function watch(next: MoveTransform): MoveTransform {
      return {
        move(x, y, z, e, speed) {
          see(z, e);
          return next.move(x, y, z, e, speed);
        },
        readPosition: (position) => next.readPosition(position),
      };
    }

    return {
      connect() {
        ctx.need("gcodeMove", "printer").addTransform(watch);
        ctx.command("TUNING_TOWER", begin, { help: "Vary a parameter with the height of a print" });
        ctx.on("job", ({ state }) => {
          if (state !== "printing" && state !== "paused") end();
        });
      },
    };
  },
});
