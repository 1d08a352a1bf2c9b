// thread: any
import { PayloadReader } from "../../host/mcu/vlq.js";

/** Ids that the tests' firmware gives the two step commands. */
export const STEP_ID = 22;
export const DIRECTION_ID = 21;

/** One step command as it is on the wire, with the clock from which its steps count. */
export interface StepCommand {
  readonly start: number;
  readonly interval: number;
  readonly count: number;
  readonly add: number;
  readonly level: number;
}

/** The steps of one stepper, rebuilt from the bytes that a board gets. */
export class StepStream {
  readonly commands: StepCommand[] = [];
  readonly clocks: number[] = [];
  /** Level of the direction pin at each step. */
  readonly levels: number[] = [];
  /** Direction commands. */
  turns = 0;
  clock = 0;
  level = -1;

  step(interval: number, count: number, add: number): void {
    if (this.level < 0) throw new Error("a step came before its direction");
    this.commands.push({ start: this.clock, interval, count, add, level: this.level });
    let next = interval;
    for (let i = 0; i < count; i++) {
      this.clock += next;
      next += add;
      this.clocks.push(this.clock);
      this.levels.push(this.level);
    }
  }

  turn(level: number): void {
    this.turns += 1;
    this.level = level;
  }

  /** Steps with the level 1 minus steps with the level 0, up to and including clock `until`. */
  positionAt(until: number): number {
    let position = 0;
    for (const [i, clock] of this.clocks.entries()) {
      if (clock > until) break;
      position += this.levels[i] === 1 ? 1 : -1;
    }
    return position;
  }
}

/** Decodes step commands with the codec of the links and hands them to the streams, by oid. */
export function decodeSteps(bytes: Uint8Array, streams: ReadonlyMap<number, StepStream>): void {
  const reader = new PayloadReader().open(bytes);
  while (!reader.isAtEnd) {
    const id = reader.uint();
    const stream = streams.get(reader.uint());
    if (stream === undefined) throw new Error("a command has an oid that no stepper has");
    if (id === DIRECTION_ID) {
      stream.turn(reader.uint());
    } else if (id === STEP_ID) {
      const interval = reader.uint();
      const count = reader.uint();
      stream.step(interval, count, reader.int());
    } else {
      throw new Error(`there is no command ${id}`);
    }
    if (reader.truncated) throw new Error("a command is cut off");
  }
}
