// thread: any
import { type Firmware, FirmwareObject } from "./firmware.js";
import { ScheduledOutput } from "./scheduled-output.js";

/** An output pulsed by hardware. */
class PwmOut extends FirmwareObject {
  readonly output: ScheduledOutput;

  constructor(
    firmware: Firmware,
    { pin, cycleTicks }: { readonly pin: number; readonly cycleTicks: number },
    initial: number,
    defaultValue: number,
    maxDuration: number,
  ) {
    super();
    const full = firmware.dictionary.constantOr("PWM_MAX", 255);
    const apply = (value: number): void =>
      firmware.world.output(pin, Math.min(1, value / full), firmware.now, cycleTicks);
    this.output = new ScheduledOutput(
      firmware,
      {
        defaultValue,
        maxDuration,
        missed: "Missed scheduling of next hard pwm event",
        exceeds: "Scheduled pwm event will exceed max_duration",
        differs: (value) => value !== defaultValue,
        apply,
        applyDefault: () => apply(defaultValue),
      },
      initial,
    );
  }

  override onShutdown(): void {
    this.output.onShutdown();
  }
}

/** `config_pwm_out`, `queue_pwm_out` and `set_pwm_out`. */
export function addPwmOut(firmware: Firmware): void {
  firmware.on(
    "config_pwm_out oid=%c pin=%u cycle_ticks=%u value=%hu default_value=%hu max_duration=%u",
    ({ values: [oid = 0, pin = 0, cycleTicks = 0, value = 0, defaultValue = 0, maxDuration = 0] }) => {
      firmware.assign(oid, new PwmOut(firmware, { pin, cycleTicks }, value, defaultValue, maxDuration));
    },
  );
  firmware.on("queue_pwm_out oid=%c clock=%u value=%hu", ({ values: [oid = 0, clock = 0, value = 0] }) => {
    firmware.lookup(oid, PwmOut).output.push(clock, value);
  });
  firmware.on("set_pwm_out pin=%u cycle_ticks=%u value=%hu", ({ values: [pin = 0, cycleTicks = 0, value = 0] }) => {
    const full = firmware.dictionary.constantOr("PWM_MAX", 255);
    firmware.world.output(pin, Math.min(1, value / full), firmware.now, cycleTicks);
  });
}
