// thread: any

/** A run of steps as a board makes it: step k (1 to count) is `interval k + add k (k - 1) / 2` ticks behind `startTick`. */
export interface StepCommand {
  readonly motor: number;
  /** 1 forward, -1 backward. */
  readonly direction: 1 | -1;
  readonly startTick: number;
  readonly interval: number;
  readonly count: number;
  readonly add: number;
}

/** Calls `onStep` with the tick of each step of a command. */
export function decodeSteps(command: StepCommand, onStep: (tick: number) => void): void {
  let tick = command.startTick;
  let interval = command.interval;
  for (let i = 0; i < command.count; i++) {
    tick += interval;
    interval += command.add;
    onStep(tick);
  }
}

/** Reads encoded step commands: message ids are 1 for a step command and 2 for a direction. */
export class CommandReader {
  readonly #directions: (1 | -1)[] = [];
  readonly #ticks: number[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Commands in `bytes`, in the order of their due times. */
  *read(bytes: Uint8Array): Generator<StepCommand> {
    this.#bytes = bytes;
    this.#at = 0;
    while (this.#at < bytes.length) {
      const isStep = this.#number() === 1;
      const motor = this.#number();
      if (!isStep) {
        this.#directions[motor] = this.#number() === 1 ? 1 : -1;
        continue;
      }
      const interval = this.#number() >>> 0;
      const count = this.#number();
      const add = this.#number();
      const startTick = this.#ticks[motor] ?? 0;
      this.#ticks[motor] = startTick + interval * count + (add * count * (count - 1)) / 2;
      yield { motor, direction: this.#directions[motor] ?? 1, startTick, interval, count, add };
    }
  }

  /** A variable length quantity: 7 bits per byte, the first one signed. */
  #number(): number {
    let byte = this.#bytes[this.#at++] ?? 0;
    let value = byte & 0x7f;
    if ((byte & 0x60) === 0x60) value |= -0x20;
    while ((byte & 0x80) !== 0) {
      byte = this.#bytes[this.#at++] ?? 0;
      value = (value << 7) | (byte & 0x7f);
    }
    return value;
  }
}
