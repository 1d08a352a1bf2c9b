// thread: host
import { MAX_CYCLE_S } from "../devices/output.js";
import { type PinValues, readPinValue, readPinValues, SET_PIN } from "../devices/settable-pin.js";
import { defineModule, type GcodeCommand, type ModuleContext, type Pin } from "../printer/module.js";
import { type Seconds, seconds } from "../shared/units.js";

const CYCLE_TIME = seconds(0.1);
const LIMITS = { above: 0, max: MAX_CYCLE_S };
/** An order that is given at once has been carried out by then, in s. */
const SETTLE = seconds(0.4);

/** `[pwm_cycle_time NAME]`: a pulsed pin whose pulses may change their length. */
export default defineModule({
  section: "pwm_cycle_time",
  named: true,
  shape: { floats: ["*"] },

  options(section) {
    const pin = section.pin("pin", { help: "The pin that is set." });
    const cycleTime = section.seconds("cycle_time", CYCLE_TIME, { ...LIMITS, help: "Length of one pulse and pause." });
    return { pin, cycleTime, values: readPinValues(section, { isHardware: false, cycleTime }) };
  },

  create({ cycleTime, pin, values }, ctx) {
    const board = ctx.mcu(pin.chip);
    const oid = board.createOid();
    const output = addPin(ctx, { pin, oid, cycleTime, values });
    let cycle = cycleTime;
    let status = Object.freeze({ value: values.start });

    /** The board refuses another cycle while anything is pending for the pin: motion rests, and it is off for a moment. */
    async function setCycle(command: GcodeCommand, next: Seconds): Promise<void> {
      await ctx.toolhead.drain();
      ctx.actions.outputNow(output, toShare(pin, 0, next));
      await ctx.sleep(SETTLE, command.signal);
      board.send(`set_digital_out_pwm_cycle oid=${oid} cycle_ticks=${board.ticks(next)}`);
      cycle = next;
    }

    async function set(command: GcodeCommand): Promise<void> {
      const value = readPinValue(command, values, { isHardware: false, cycleTime });
      const wanted = command.seconds("CYCLE_TIME", cycleTime, LIMITS);
      if (wanted !== cycle && !ctx.isDryRun) await setCycle(command, wanted);
      status = Object.freeze({ value });
      await ctx.actions.output(output, toShare(pin, value, cycle));
    }

    ctx.mux("SET_PIN", "PIN", ctx.label, set, SET_PIN);
    return { status: () => status };
  },
});

/**
 * What machine is to put on the pin for a value from 0 to 1. Machine counts in shares of the longest cycle, whatever the
 * present one is, and 1 is on for good; so the pin is inverted here.
 */
function toShare(pin: Pin, value: number, cycle: Seconds): number {
  const level = pin.invert ? 1 - value : value;
  return level === 1 ? 1 : (level * cycle) / MAX_CYCLE_S;
}

interface CyclePin {
  readonly pin: Pin;
  readonly oid: number;
  readonly cycleTime: Seconds;
  readonly values: PinValues;
}

function addPin(ctx: ModuleContext, { cycleTime, oid, pin, values: { shutdown, start } }: CyclePin): number {
  const board = ctx.mcu(pin.chip);
  const full = (value: number): number => Number((pin.invert ? 1 - value : value) >= 1);
  return ctx.machine.addOutput(() => {
    board.addConfig(
      `config_digital_out oid=${oid} pin=${pin.pin} value=${full(start)} default_value=${full(shutdown)} max_duration=0`,
    );
    board.addConfig(`set_digital_out_pwm_cycle oid=${oid} cycle_ticks=${board.ticks(cycleTime)}`);
    return {
      name: ctx.name,
      board: board.index,
      oid,
      kind: "soft-pwm",
      inverted: false,
      scale: board.ticks(seconds(MAX_CYCLE_S)),
      maxDurationS: 0,
      startValue: toShare(pin, start, cycleTime),
      shutdownValue: full(shutdown),
      minIntervalS: 0,
      kickStartS: 0,
      offBelow: 0,
      minValue: 0,
      maxValue: 1,
      publish: undefined,
    };
  });
}
