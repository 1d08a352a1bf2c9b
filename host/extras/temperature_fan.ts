// thread: host
import { addFan, readFan } from "../devices/fan.js";
import { readRange } from "../devices/heater.js";
import { readControl } from "../devices/heater-control.js";
import { addSensor, readSensor } from "../devices/temperature-sensor.js";
import { defineModule, type GcodeCommand } from "../printer/module.js";
import { celsius, ratio, seconds } from "../shared/units.js";

/** `[temperature_fan NAME]`: cools a sensor to a target. Machine does that by itself. */
export default defineModule({
  section: "temperature_fan",
  named: true,
  shape: { floats: ["*"] },

  options(section) {
    const { maxTemp, minTemp } = readRange(section);
    const target = section.celsius("target_temp", celsius(40), { help: "Temperature that it cools to." });
    if (section.has("target_temp") && !(target >= minTemp && target <= maxTemp)) {
      section.reject("target_temp", `is ${target} °C, outside of min_temp and max_temp`, "set it between the two");
    }
    const minSpeed = section.ratio("min_speed", ratio(0.3), { min: 0, max: 1, help: "Least speed under PID control." });
    const maxSpeed = section.ratio("max_speed", ratio(1), { above: 0, max: 1, help: "Speed when it is too hot." });
    if (minSpeed > maxSpeed) {
      section.reject("min_speed", `is ${minSpeed}, above 'max_speed', which is ${maxSpeed}`, "lower min_speed");
    }
    return {
      range: { min: minTemp, max: maxTemp },
      target,
      minSpeed,
      maxSpeed,
      device: readSensor(section),
      control: readControl(section),
      smoothTime: section.seconds("pid_deriv_time", seconds(2), {
        above: 0,
        help: "Time over which the temperature is smoothed under PID control.",
      }),
      gcodeId: section.string("gcode_id", null, { help: "What M105 calls it; it is not shown there when left out." }),
      // Full speed at shutdown: what it cools may still be hot.
      fan: readFan(section, { shutdownSpeed: ratio(1) }),
    };
  },

  create(options, ctx) {
    const { range } = options;
    const fan = addFan(ctx, options.fan);
    const sensor = addSensor(ctx, { device: options.device, range, guards: true, publishExtremes: false });
    let { minSpeed, maxSpeed } = options;
    const rule = ctx.machine.addRule(() => ({
      kind: "temperature-fan",
      object: ctx.name,
      output: fan.output,
      sensor: sensor.index,
      targetCelsius: options.target,
      minValue: minSpeed,
      maxValue: maxSpeed,
      control: options.control,
      smoothTimeS: options.smoothTime,
    }));
    if (options.gcodeId !== null) {
      ctx.offerPart("temperatureReport", options.gcodeId, {
        get temperature() {
          return sensor.temperature;
        },
        get target() {
          return ctx.live.number(ctx.name, "target");
        },
      });
    }

    function setTarget(command: GcodeCommand): void | Promise<void> {
      const target = command.celsius("TARGET", options.target, { min: 0 });
      const least = command.float("MIN_SPEED", minSpeed, { min: 0, max: 1 });
      const most = command.float("MAX_SPEED", maxSpeed, { above: 0, max: 1 });
      if (target !== 0 && (target < range.min || target > range.max)) {
        throw command.error(
          `in '${command.text}', TARGET is ${target} °C, outside of ${range.min} to ${range.max} °C`,
          `use 0 (off) or a temperature from ${range.min} to ${range.max} °C`,
        );
      }
      if (least > most) {
        throw command.error(
          `in '${command.text}', the least speed ${least} is above the most, ${most}`,
          "lower MIN_SPEED or raise MAX_SPEED",
        );
      }
      const isSameRange = least === minSpeed && most === maxSpeed;
      minSpeed = ratio(least);
      maxSpeed = ratio(most);
      if (isSameRange) return ctx.actions.rule(rule, target);
      ctx.actions.ruleNow(rule, target, minSpeed, maxSpeed);
    }

    ctx.mux("SET_TEMPERATURE_FAN_TARGET", "TEMPERATURE_FAN", ctx.label, setTarget, {
      help: "Sets TARGET, MIN_SPEED and MAX_SPEED of a temperature fan.",
    });
    return { ready: () => sensor.start() };
  },
});
