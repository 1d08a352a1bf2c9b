// thread: host
import { waitForHeater, waitUntil } from "../devices/heater-wait.js";
import { temperatureLine } from "../devices/temperature-report.js";
import { defineModule, type GcodeCommand, type Heater, type ModuleContext, type Pending } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { type Celsius, celsius } from "../shared/units.js";

/** More motion than this (s) is queued ahead of what people see: what they type about heat does not wait for it. */
const LONG_QUEUE_S = 2.5;
const OFF = celsius(0);
const ABSOLUTE_ZERO_C = -273.15;

/** `heaters`: the commands for temperatures, and which heaters and sensors there are. Always there. */
export default defineModule({
  section: "heaters",
  isAlways: true,

  options: () => undefined,

  create(_options, ctx) {
    let status = Object.freeze({ available_heaters: none, available_sensors: none, available_monitors: none });

    return {
      connect() {
        addReport(ctx);
        addHeaterCommands(ctx);
        addWait(ctx);
        if (ctx.parts("extruder").size > 0) addExtruderCommands(ctx);
        const bed = ctx.findPart("heater", "heater_bed");
        if (bed !== undefined) addBedCommands(ctx, bed);
      },
      ready() {
        const objects = (kind: "heater" | "sensor" | "temperatureMonitor"): readonly string[] =>
          Object.freeze([...ctx.parts(kind).values()].map(({ object }) => object));
        status = Object.freeze({
          available_heaters: objects("heater"),
          available_sensors: objects("sensor"),
          available_monitors: objects("temperatureMonitor"),
        });
      },
      status: () => status,
    };
  },
});

const none: readonly string[] = Object.freeze([]);

/**
 * Sets a target at its place in the motion of the job or script. A person who types it while a job has much motion
 * queued means now, not in half a minute.
 */
function setTarget(ctx: ModuleContext, heater: Heater, target: Celsius): Pending {
  if (ctx.isRunningJob || ctx.isDryRun || ctx.toolhead.queued <= LONG_QUEUE_S) return heater.setTarget(target);
  heater.setTargetNow(target);
}

/** The same, and waits until it is there, telling the temperatures meanwhile; does not wait for a heater that is off. */
async function setAndWait(ctx: ModuleContext, command: GcodeCommand, heater: Heater, target: Celsius): Promise<void> {
  await setTarget(ctx, heater, target);
  if (target === 0) return;
  await waitForHeater(ctx, heater.object, command.signal, () => command.respondRaw(temperatureLine(ctx)));
}

function addReport(ctx: ModuleContext): void {
  ctx.command("M105", (command) => command.respondRaw(temperatureLine(ctx)), {
    help: "Tells the temperatures.",
    always: true,
    outOfBand: true,
  });
}

function addHeaterCommands(ctx: ModuleContext): void {
  for (const [name, heater] of ctx.parts("heater")) {
    ctx.mux(
      "SET_HEATER_TEMPERATURE",
      "HEATER",
      name,
      (command) => setTarget(ctx, heater, command.celsius("TARGET", OFF, { min: 0 })),
      { help: "Sets the target of a heater: HEATER, TARGET in °C.", runsAhead: true },
    );
  }
  ctx.command(
    "TURN_OFF_HEATERS",
    async () => {
      for (const heater of ctx.parts("heater").values()) await setTarget(ctx, heater, OFF);
    },
    { help: "Turns all heaters off.", runsAhead: true },
  );
}

/** Target of an M104 or its like: S, or R of slicers that say so when cooling down counts too. */
function readTarget(command: GcodeCommand): Celsius {
  return command.celsius(command.has("S") ? "S" : "R", OFF, { min: 0 });
}

function addExtruderCommands(ctx: ModuleContext): void {
  /** The heater of extruder T, or of the active one; `undefined` when one that is not there is turned off. */
  function pick(command: GcodeCommand, target: Celsius): Heater | undefined {
    const index = command.int("T", null, { min: 0 });
    const name = index === null ? ctx.toolhead.extruder : `extruder${index === 0 ? "" : index}`;
    const found = ctx.findPart("extruder", name)?.heater;
    if (found !== undefined || target === 0) return found;
    const tools = [...ctx.parts("extruder").keys()].map((one) => `T${one.slice("extruder".length) || "0"}`);
    throw new HostError("HEATER_UNKNOWN", `'${command.text}' names extruder ${index}, which is not there`, {
      details: { heater: name },
      fix: `use ${tools.join(" or ")}, or none for the active one; the slicer's profile may have more extruders than the printer`,
      ...(command.place === undefined ? {} : { place: command.place }),
    });
  }

  ctx.command(
    "M104",
    (command) => {
      const target = readTarget(command);
      const heater = pick(command, target);
      return heater === undefined ? undefined : setTarget(ctx, heater, target);
    },
    { help: "Sets the target of a hot end: S in °C, T for another than the active one.", runsAhead: true },
  );
  ctx.command(
    "M109",
    async (command) => {
      const target = readTarget(command);
      const heater = pick(command, target);
      if (heater !== undefined) await setAndWait(ctx, command, heater, target);
    },
    { help: "Sets the target of a hot end and waits until it is there." },
  );
}

function addBedCommands(ctx: ModuleContext, bed: Heater): void {
  ctx.command("M140", (command) => setTarget(ctx, bed, readTarget(command)), {
    help: "Sets the target of the bed: S in °C.",
    runsAhead: true,
  });
  ctx.command("M190", (command) => setAndWait(ctx, command, bed, readTarget(command)), {
    help: "Sets the target of the bed and waits until it is there.",
  });
}

function addWait(ctx: ModuleContext): void {
  ctx.command(
    "TEMPERATURE_WAIT",
    async (command) => {
      const sensors = ctx.parts("sensor");
      const name = command.choice("SENSOR", [...sensors.keys()]);
      const atLeast = command.celsius("MINIMUM", null, { above: ABSOLUTE_ZERO_C });
      const atMost = command.celsius("MAXIMUM", null, { above: atLeast ?? ABSOLUTE_ZERO_C });
      if (atLeast === null && atMost === null) {
        throw command.error(`'${command.text}' has neither MINIMUM nor MAXIMUM`, "say what to wait for: MINIMUM=50");
      }
      const sensor = sensors.get(name);
      if (sensor === undefined || ctx.isDryRun) return;
      // A temperature that is not known yet is no temperature that was waited for.
      const isThere = () =>
        sensor.temperature >= (atLeast ?? ABSOLUTE_ZERO_C) &&
        sensor.temperature <= (atMost ?? Number.POSITIVE_INFINITY);
      await waitUntil(ctx, isThere, command.signal, () => command.respondRaw(temperatureLine(ctx)));
    },
    { help: "Waits until a sensor shows MINIMUM or more, and MAXIMUM or less." },
  );
}
