// thread: host
import { waitForHeater, waitUntil } from "../devices/heater-wait.js";
import { temperatureLine } from "../devices/temperature-report.js";
import { defineModule, type GcodeCommand, type Heater, type ModuleContext, type Pending } from "../printer/module.js";
import { type Celsius, celsius } from "../shared/units.js";

const OFF = celsius(0);
/** Drivers that measure their own temperature. */
const MONITORS = /^tmc2240 /;

/** What all heaters and thermometers have in common: M104, M105, M109, M140, M190 and their kin. */
export default defineModule({
  section: "heaters",
  isAlways: true,

  options: () => ({}),

  create(_options, ctx) {
    let status = Object.freeze({});

    function connect(): void {
      ctx.command("M105", (command) => command.respondRaw(temperatureLine(ctx)), {
        help: "Shows all temperatures.",
        outOfBand: true,
        runsAhead: true,
      });
      ctx.command("TURN_OFF_HEATERS", () => turnOff(ctx), { help: "Turns all heaters off." });
      ctx.command("TEMPERATURE_WAIT", (command) => waitForSensor(ctx, command), {
        help: "Waits until a SENSOR is at or above MINIMUM, and at or below MAXIMUM.",
      });
      for (const [name, heater] of ctx.parts("heater")) addTargetCommand(ctx, name, heater);
      if (ctx.parts("extruder").size > 0) addNozzleCommands(ctx);
      if (ctx.findPart("heater", "heater_bed") !== undefined) addBedCommands(ctx);
      status = Object.freeze({
        available_heaters: [...ctx.parts("heater").values()].map(({ object }) => object),
        available_sensors: [...ctx.parts("sensor").keys()],
        available_monitors: ctx.objects.names.filter((name) => MONITORS.test(name)),
      });
    }

    return { connect, status: () => status };
  },
});

function turnOff(ctx: ModuleContext): Pending {
  const pending = [...ctx.parts("heater").values()].map((heater) => heater.setTarget(OFF));
  return Promise.all(pending).then(() => undefined);
}

function addTargetCommand(ctx: ModuleContext, name: string, heater: Heater): void {
  ctx.mux(
    "SET_HEATER_TEMPERATURE",
    "HEATER",
    name,
    (command) => heater.setTarget(command.celsius("TARGET", OFF, { min: 0 })),
    { help: "Sets the TARGET of a HEATER; 0, or no TARGET, is off.", runsAhead: true },
  );
}

function addNozzleCommands(ctx: ModuleContext): void {
  ctx.command("M104", (command) => nozzle(ctx, command)?.setTarget(targetOf(command)), {
    help: "Sets the temperature of a nozzle: S in °C, T for another one than the active.",
    runsAhead: true,
  });
  ctx.command("M109", (command) => setAndWait(ctx, command, nozzle(ctx, command)), {
    help: "Sets the temperature of a nozzle and waits until it is reached.",
  });
}

function addBedCommands(ctx: ModuleContext): void {
  const bed = ctx.heater("heater_bed");
  ctx.command("M140", (command) => bed.setTarget(targetOf(command)), {
    help: "Sets the temperature of the bed: S in °C.",
    runsAhead: true,
  });
  ctx.command("M190", (command) => setAndWait(ctx, command, bed), {
    help: "Sets the temperature of the bed and waits until it is reached.",
  });
}

function targetOf(command: GcodeCommand): Celsius {
  return command.celsius("S", OFF, { min: 0 });
}

/** The heater that a command means; `undefined` when it turns off one that is not there, which some slicers do. */
function nozzle(ctx: ModuleContext, command: GcodeCommand): Heater | undefined {
  const index = command.int("T", null, { min: 0 });
  const name = index === null ? ctx.toolhead.extruder : index === 0 ? "extruder" : `extruder${index}`;
  const heater = ctx.findPart("heater", name);
  if (heater !== undefined || targetOf(command) <= 0) return heater;
  throw command.error(
    `'${command.text}' names an extruder that is not there`,
    index === null ? "add a section [extruder]" : `add a section [${name}], or leave T${index} out`,
  );
}

async function setAndWait(ctx: ModuleContext, command: GcodeCommand, heater: Heater | undefined): Promise<void> {
  if (heater === undefined) return;
  const target = targetOf(command);
  await heater.setTarget(target);
  if (target <= 0) return;
  await waitForHeater(ctx, heater.object, command.signal, () => command.respondRaw(temperatureLine(ctx)));
}

async function waitForSensor(ctx: ModuleContext, command: GcodeCommand): Promise<void> {
  const name = command.string("SENSOR");
  const sensor = ctx.findPart("sensor", name) ?? ctx.findPart("heater", name);
  if (sensor === undefined) throw command.wrongChoice("SENSOR", name, [...ctx.parts("sensor").keys()]);
  const min = command.celsius("MINIMUM", celsius(Number.NEGATIVE_INFINITY));
  const max = command.celsius("MAXIMUM", celsius(Number.POSITIVE_INFINITY), { above: min });
  if (!command.has("MINIMUM") && !command.has("MAXIMUM")) {
    throw command.error(
      `'${command.text}' says neither how warm nor how cold`,
      "add MINIMUM=<temperature>, MAXIMUM=<temperature>, or both",
    );
  }
  if (ctx.isDryRun) return;
  const isThere = (): boolean => sensor.temperature >= min && sensor.temperature <= max;
  await waitUntil(ctx, isThere, command.signal, () => command.respondRaw(temperatureLine(ctx)));
}
