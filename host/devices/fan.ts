// thread: host
import type { Fan, ModuleContext, Pin, SectionReader } from "../printer/module.js";
import { type Ratio, ratio, type Seconds, seconds } from "../shared/units.js";
import { addOutput, checkShutdownValue, type Pulse, readOutputPins, readPulse } from "./output.js";

/** Least time between two changes of a fan's speed, in s: what comes faster only wastes the board's time. */
const MIN_INTERVAL_S = 0.1;

interface TachometerOptions {
  readonly pin: Pin;
  readonly pulsesPerTurn: number;
  readonly poll: Seconds;
}

/** A fan as its section describes it. */
export interface FanOptions {
  readonly pins: readonly Pin[];
  readonly pulse: Pulse;
  readonly maxPower: Ratio;
  /** Speed when the printer shuts down. */
  readonly shutdownSpeed: Ratio;
  readonly kickStart: Seconds;
  readonly offBelow: Ratio;
  readonly tachometer: TachometerOptions | undefined;
  readonly enablePin: Pin | null;
}

export interface FanDefaults {
  /** Speed at shutdown when the section does not say: 1 for fans that protect something. */
  readonly shutdownSpeed: Ratio;
}

/** Reads the options that all sections with a fan have. */
export function readFan(section: SectionReader, defaults: FanDefaults): FanOptions {
  const pins = readOutputPins(section, "pin", "Pin that drives the fan.");
  const maxPower = section.ratio("max_power", ratio(1), { above: 0, max: 1, help: "Share of full power at speed 1." });
  const wanted = section.ratio("shutdown_speed", defaults.shutdownSpeed, {
    min: 0,
    max: 1,
    help: "Speed after the printer has stopped because of an error.",
  });
  const shutdownSpeed = ratio(Math.min(wanted, maxPower));
  const pulse = readPulse(section, seconds(0.01));
  checkShutdownValue(section, "shutdown_speed", shutdownSpeed, pulse);
  return {
    pins,
    pulse,
    maxPower,
    shutdownSpeed,
    kickStart: section.seconds("kick_start_time", seconds(0.1), {
      min: 0,
      help: "Full power for so long when it starts, or rises by more than half.",
    }),
    offBelow: section.ratio("off_below", ratio(0), { min: 0, max: 1, help: "Speeds below this turn it off." }),
    tachometer: readTachometer(section),
    enablePin: section.pin("enable_pin", { help: "Pin that powers the fan while its speed is above 0." }, null),
  };
}

function readTachometer(section: SectionReader): TachometerOptions | undefined {
  const pin = section.pin("tachometer_pin", { pullup: true, help: "Pin that gets pulses from the fan." }, null);
  const pulsesPerTurn = section.int("tachometer_ppr", 2, { min: 1, help: "Pulses for one turn of the fan." });
  const poll = section.seconds("tachometer_poll_interval", seconds(0.0015), {
    above: 0,
    help: "How often the pin is looked at: less than 30 s / (tachometer_ppr x turns per minute).",
  });
  return pin === null ? undefined : { pin, pulsesPerTurn, poll };
}

/**
 * Adds the fan to the machine and to the virtual printer and offers it as the part `fan` of its object's name, which
 * publishes `speed` and `rpm`. In `create()`.
 */
export function addFan(ctx: ModuleContext, options: FanOptions): Fan {
  const { enablePin, pins, tachometer } = options;
  const object = ctx.name;
  const power =
    enablePin === null
      ? []
      : [
          {
            output: addOutput(ctx, {
              name: `${object} enable_pin`,
              pins: [enablePin],
              pulse: undefined,
              shutdown: Number(options.shutdownSpeed > 0),
            }),
            follows: "on",
          } as const,
        ];
  const output = addOutput(ctx, {
    name: object,
    pins,
    pulse: options.pulse,
    shutdown: options.shutdownSpeed,
    minInterval: MIN_INTERVAL_S,
    kickStart: options.kickStart,
    offBelow: options.offBelow,
    maxValue: options.maxPower,
    followers: power,
    publish: { object, field: "speed" },
  });
  if (tachometer !== undefined) addTachometer(ctx, object, tachometer);
  addVirtualFans(ctx, object, options);
  const fan: Fan = {
    object,
    output,
    get speed(): Ratio {
      return ratio(ctx.live.number(object, "speed"));
    },
    set: (speed) => ctx.actions.output(output, speed),
    setNow: (speed) => ctx.actions.outputNow(output, speed),
  };
  ctx.offerPart("fan", object, fan);
  return fan;
}

function addTachometer(ctx: ModuleContext, object: string, { pin, poll, pulsesPerTurn }: TachometerOptions): void {
  const board = ctx.mcu(pin.chip);
  const oid = board.createOid();
  ctx.machine.addTachometer(() => {
    board.addConfig(`config_counter oid=${oid} pin=${pin.pin} pull_up=${pin.pullup}`);
    return { object, board: board.index, oid, pulsesPerTurn, pollS: poll };
  });
}

/** What a virtual fan turns at full speed, per minute. */
const VIRTUAL_RPM = 4500;

function addVirtualFans(ctx: ModuleContext, object: string, { pins, tachometer }: FanOptions): void {
  pins.forEach((pin, i) => {
    ctx.virtual.add("fans", {
      name: i === 0 ? object : `${object} (pin ${i + 1})`,
      pin: ctx.virtual.pin(pin),
      ...(tachometer === undefined || i > 0
        ? {}
        : {
            tachometer: {
              pin: ctx.virtual.pin(tachometer.pin),
              rpm: VIRTUAL_RPM,
              pulsesPerTurn: tachometer.pulsesPerTurn,
            },
          }),
    });
  });
}
