// thread: host
import { addFan, readFan } from "../devices/fan.js";
import { readRange } from "../devices/heater.js";
import { readControl } from "../devices/heater-control.js";
import { addSensor, readSensor } from "../devices/temperature-sensor.js";
import { defineModule, type GcodeCommand } from "../printer/module.js";
import { celsius, ratio, seconds } from "../shared/units.js";

const DEFAULT_TARGET_C = 40;

/** `[temperature_fan NAME]`: cools what a sensor measures down to a target. Machine does that by itself. */
export default defineModule({
  section: "temperature_fan",
  named: true,
  shape: { floats: ["*"] },

  options(section) {
    // Full speed at shutdown: what it cools may still be hot then.
    const fan = readFan(section, { shutdownSpeed: ratio(1) });
    const sensor = readSensor(section);
    const { minTemp, maxTemp } = readRange(section);
    const maxSpeed = section.ratio("max_speed", ratio(1), { above: 0, max: 1, help: "Its most speed." });
    const minSpeed = section.ratio("min_speed", ratio(Math.min(0.3, maxSpeed)), {
      min: 0,
      max: maxSpeed,
      help: "Its least speed while it has a target, with control: pid.",
    });
    return {
      fan,
      sensor,
      range: { min: minTemp, max: maxTemp },
      control: readControl(section),
      smoothTime: section.seconds("pid_deriv_time", seconds(2), {
        above: 0,
        help: "Time over which the temperature is smoothed, with control: pid.",
      }),
      minSpeed,
      maxSpeed,
      target: section.celsius("target_temp", celsius(Math.min(DEFAULT_TARGET_C, maxTemp)), {
        min: minTemp,
        max: maxTemp,
        help: "What it is cooled to until a command sets another target.",
      }),
      gcodeId: section.string("gcode_id", null, { help: "What M105 calls it; it is not shown there when left out." }),
    };
  },

  create(options, ctx) {
    const { control, fan: fanOptions, gcodeId, maxSpeed, minSpeed, range, smoothTime, target } = options;
    const fan = addFan(ctx, fanOptions);
    const sensor = addSensor(ctx, { device: options.sensor, range, guards: true, publishExtremes: false });
    const speeds = { min: minSpeed, max: maxSpeed };
    const rule = ctx.machine.addRule(() => ({
      kind: "temperature-fan",
      object: ctx.name,
      output: fan.output,
      sensor: sensor.index,
      targetCelsius: target,
      minValue: minSpeed,
      maxValue: maxSpeed,
      control,
      smoothTimeS: smoothTime,
    }));
    if (gcodeId !== null) {
      ctx.offerPart("temperatureReport", gcodeId, {
        get temperature() {
          return sensor.temperature;
        },
        get target() {
          return ctx.live.number(ctx.name, "target");
        },
      });
    }

    function setTarget(command: GcodeCommand): void {
      const wanted = command.celsius("TARGET", target, { min: 0, max: range.max });
      const max = command.float("MAX_SPEED", speeds.max, { min: 0, max: 1 });
      const min = command.float("MIN_SPEED", Math.min(speeds.min, max), { min: 0, max });
      speeds.max = ratio(max);
      speeds.min = ratio(min);
      ctx.actions.ruleNow(rule, wanted, min, max);
    }

    ctx.mux("SET_TEMPERATURE_FAN_TARGET", "TEMPERATURE_FAN", ctx.label, setTarget, {
      help: "Sets what a fan cools to: TEMPERATURE_FAN, TARGET in °C, MIN_SPEED and MAX_SPEED from 0 to 1.",
    });
    return { ready: () => sensor.start() };
  },
});
