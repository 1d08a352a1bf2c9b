// thread: machine
import type { HostError } from "../shared/errors.js";
import type { HostTime, PrintTime } from "../shared/units.js";
import type { BoardAccess } from "./board-access.js";
import type { HeaterControl, MachineSetup } from "./setup.js";
import type { SlotPlan } from "./snapshot-fields.js";

/** An output as motion and actions see it. */
export interface TimedOutput {
  set(time: PrintTime, value: number): void;
}

/** What heat needs to be set up. */
export interface HeatContext {
  readonly setup: MachineSetup;
  readonly boards: readonly BoardAccess[];
  readonly slots: SlotPlan;
  /** Whether a stepper's driver is on, for fans that follow drivers. */
  readonly isMotorOn: (stepper: number) => boolean;
  /** Something that must stop the printer. */
  readonly onFault: (error: HostError) => void;
  readonly onRemark: (text: string) => void;
}

/** Heaters, fans, pins and sensors: all that is switched or measured rather than moved. */
export interface Heat {
  readonly outputs: readonly TimedOutput[];
  /** Starts measuring, at print time `now`. */
  start(now: PrintTime): void;
  /** Keeps everything going: called at least every 100 ms. */
  tick(now: PrintTime, host: HostTime): void;
  setTarget(heater: number, celsius: number): void;
  setControl(heater: number, control: HeaterControl): void;
  /** A `temperature-fan` rule's target. */
  setRuleTarget(rule: number, celsius: number): void;
  setTemperature(sensor: number, celsius: number, host: HostTime): void;
  calibrate(heater: number, target: number, tolerance: number): Promise<{ kp: number; ki: number; kd: number }>;
  /** Every heater off, now; fans stay as they are. */
  heatersOff(): void;
  /** Writes the numbers of its slots. */
  publish(values: Float64Array): void;
}
