// thread: any
import { type Firmware, FirmwareObject } from "./firmware.js";
import { ScheduledOutput } from "./scheduled-output.js";

/** A digital output, pulsed by software when it has a cycle time. */
class DigitalOut extends FirmwareObject {
  readonly output: ScheduledOutput;
  cycleTicks = 0;

  constructor(firmware: Firmware, pin: number, initial: number, defaultValue: number, maxDuration: number) {
    super();
    this.output = new ScheduledOutput(
      firmware,
      {
        defaultValue,
        maxDuration,
        missed: "Missed scheduling of next digital out event",
        exceeds: "Scheduled digital out event will exceed max_duration",
        differs: (value) => (value !== 0) !== (defaultValue !== 0),
        apply: (value) => firmware.world.output(pin, this.#duty(value), firmware.now, this.cycleTicks),
        applyDefault: () => firmware.world.output(pin, defaultValue === 0 ? 0 : 1, firmware.now, 0),
      },
      initial,
    );
  }

  override onShutdown(): void {
    this.output.onShutdown();
  }

  #duty(onTicks: number): number {
    if (this.cycleTicks === 0 || onTicks >= this.cycleTicks) return onTicks === 0 ? 0 : 1;
    return onTicks / this.cycleTicks;
  }
}

/** `config_digital_out` and what acts on it, and `set_digital_out`. */
export function addDigitalOut(firmware: Firmware): void {
  firmware.on(
    "config_digital_out oid=%c pin=%u value=%c default_value=%c max_duration=%u",
    ({ values: [oid = 0, pin = 0, value = 0, defaultValue = 0, maxDuration = 0] }) => {
      firmware.assign(oid, new DigitalOut(firmware, pin, value, defaultValue, maxDuration));
    },
  );
  firmware.on("set_digital_out_pwm_cycle oid=%c cycle_ticks=%u", ({ values: [oid = 0, cycleTicks = 0] }) => {
    const pin = firmware.lookup(oid, DigitalOut);
    if (pin.output.isQueued) firmware.shutdown("Can not set soft pwm cycle ticks while updates pending");
    pin.cycleTicks = cycleTicks;
  });
  firmware.on("queue_digital_out oid=%c clock=%u on_ticks=%u", ({ values: [oid = 0, clock = 0, onTicks = 0] }) => {
    firmware.lookup(oid, DigitalOut).output.push(clock, onTicks);
  });
  firmware.on("update_digital_out oid=%c value=%c", ({ values: [oid = 0, value = 0] }) => {
    const { output } = firmware.lookup(oid, DigitalOut);
    if (output.isQueued) firmware.shutdown("update_digital_out not valid with active queue");
    output.update(value);
  });
  firmware.on("set_digital_out pin=%u value=%c", ({ values: [pin = 0, value = 0] }) => {
    firmware.world.output(pin, value === 0 ? 0 : 1, firmware.now, 0);
  });
}
