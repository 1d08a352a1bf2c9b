// thread: host
import type { Pin } from "../config/pins.js";
import type { SectionReader } from "../config/section-reader.js";
import { type LinearMotor, readLinearMotor, readRotaryMotor } from "../config/values.js";
import type { StepperMotion } from "../machine/setup.js";
import type { Place } from "../shared/errors.js";
import { mm, type Seconds, seconds } from "../shared/units.js";
import type { ModuleContext } from "./module.js";
import type { Stepper } from "./services.js";

/** What drives a stepper: its pins and its gears. */
export interface StepperOptions {
  /** Name of its section: `stepper_x1`, `extruder`. */
  readonly name: string;
  readonly motor: LinearMotor;
  readonly stepPin: Pin;
  readonly dirPin: Pin;
  readonly enablePin: Pin | null;
  /** Least length of a step pulse; `null` when the kind of driver decides. */
  readonly pulse: Seconds | null;
  readonly place: Place;
}

/** Enough for the drivers that are not told over a bus how to listen. */
const SAFE_PULSE = seconds(2e-6);

/** Word in the pin table of the pins that several steppers may share. */
const ENABLE_SHARE = "stepper enable";

/** Reads the pins and the gears of a stepper that moves something along a line. */
export function readStepper(section: SectionReader): StepperOptions {
  return readDriven(section, readLinearMotor);
}

/** The same for a stepper that turns something: what it moves is measured in radians instead of mm. */
export function readRotaryStepper(section: SectionReader): StepperOptions {
  return readDriven(section, (own) => {
    const { radiansPerStep, ...gearing } = readRotaryMotor(own);
    return { ...gearing, stepDistance: mm(radiansPerStep), rotationDistance: mm(2 * Math.PI) };
  });
}

function readDriven(section: SectionReader, readMotor: (section: SectionReader) => LinearMotor): StepperOptions {
  return {
    name: section.name,
    stepPin: section.pin("step_pin", { help: "Pin that makes a step." }),
    dirPin: section.pin("dir_pin", { help: "Pin that sets the direction; high is towards larger coordinates." }),
    enablePin: section.pin("enable_pin", { share: ENABLE_SHARE, help: "Pin that turns the driver on." }, null),
    motor: readMotor(section),
    pulse: section.seconds("step_pulse_duration", null, {
      min: 0,
      max: 0.001,
      help: "Least length of a step pulse; 0.000002 unless the driver is a TMC on a bus.",
    }),
    place: section.place,
  };
}

/** How a stepper is to move. */
export interface StepperUse {
  readonly motion: () => StepperMotion;
  /** Motion queue; default 0, the tool head's. */
  readonly queue?: number;
}

/**
 * Adds a stepper to the machine and to the virtual printer, and offers it as the part `stepper` of its name. For modules
 * in `create()`.
 */
export function addStepper(ctx: ModuleContext, options: StepperOptions, { motion, queue = 0 }: StepperUse): Stepper {
  const { name, stepPin, dirPin, enablePin, motor, pulse } = options;
  const board = ctx.mcu(stepPin.chip);
  const oid = board.createOid();
  const enable = ctx.find("motorEnable");
  const enableOutput = enablePin === null ? undefined : enable?.output(ctx, enablePin, name);
  const index = ctx.machine.addStepper(() => {
    board.addConfig(
      `config_stepper oid=${oid} step_pin=${stepPin.pin} dir_pin=${dirPin.pin} invert_step=${Number(stepPin.invert)} ` +
        `step_pulse_ticks=${board.ticks(pulse ?? SAFE_PULSE)}`,
    );
    return {
      name,
      board: board.index,
      oid,
      inverted: dirPin.invert,
      stepDistanceMm: motor.stepDistance,
      motion: motion(),
      queue,
      enable: enableOutput,
    };
  });
  ctx.virtual.add("motors", {
    name,
    step: ctx.virtual.pin(stepPin),
    dir: ctx.virtual.pin(dirPin),
    ...(enablePin === null ? {} : { enable: ctx.virtual.pin(enablePin) }),
    stepDistanceMm: motor.stepDistance,
  });
  const stepper: Stepper = {
    name,
    index,
    oid,
    board: board.index,
    stepPin,
    isInverted: dirPin.invert,
    stepDistance: motor.stepDistance,
    get isEnabled(): boolean {
      return enableOutput === undefined || enable?.isEnabled(index) === true;
    },
  };
  ctx.offerPart("stepper", name, stepper);
  return stepper;
}
