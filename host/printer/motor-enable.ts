// thread: host
import type { Pin } from "../config/pins.js";
import { addDigitalOutput } from "./digital-output.js";
import type { OutputOwner } from "./hardware.js";
import type { MotorEnable } from "./services.js";

/** The enable pins of a printer and which of its drivers are on. */
export class MotorEnablePins implements MotorEnable {
  readonly #outputs = new Map<string, number>();
  #enabled: readonly boolean[] = [];

  output(ctx: OutputOwner, pin: Pin, name: string): number {
    const key = `${pin.chip}:${pin.pin}`;
    const known = this.#outputs.get(key);
    if (known !== undefined) return known;
    const output = addDigitalOutput(ctx, pin, { name: `enable ${name}` });
    this.#outputs.set(key, output);
    return output;
  }

  isEnabled(stepper: number): boolean {
    return this.#enabled[stepper] ?? false;
  }

  /** Machine has told which drivers are on. */
  tell(enabled: readonly boolean[]): void {
    this.#enabled = enabled;
  }
}
