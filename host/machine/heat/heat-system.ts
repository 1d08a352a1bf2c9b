// thread: machine
import type { HostError } from "../../shared/errors.js";
import type { SnapshotField } from "../../shared/snapshot.js";
import { type PrintTime, printTime } from "../../shared/units.js";
import type { BoardAccess } from "../board-access.js";
import { Output } from "../outputs/output.js";
import { CombinedSensor } from "../sensors/combined.js";
import { BAD_READINGS, Sensor } from "../sensors/sensor.js";
import {
  AnalogMeasurement,
  type BoardMeasurement,
  ChipMeasurement,
  OneWireMeasurement,
  reportPeriod,
} from "../sensors/sources.js";
import { Tachometer } from "../sensors/tachometer.js";
import type { HeaterControl, MachineSetup, RuleSetup } from "../setup.js";
import { calibrationFailed, outOfRange, sensorFault, sensorsApart } from "./errors.js";
import { HeatFields } from "./heat-fields.js";
import { type CalibrationDone, Heater } from "./heater.js";
import { ControllerFanRule, type FanRule, HeaterFanRule, TemperatureFanRule } from "./rules.js";
import { TimedTargets } from "./timed-targets.js";

/** Combined sensors are computed so often, in s. */
const COMBINE_S = 0.3;
/** The most that one tick ages a sensor, in s: when this thread stood still, reports wait to be read. */
const LONGEST_TICK_S = 0.25;

export interface HeatOptions {
  readonly setup: Pick<MachineSetup, "outputs" | "sensors" | "tachometers" | "heaters" | "rules">;
  /** Boards in the order of the setup. */
  readonly boards: readonly BoardAccess[];
  /** First slot of the snapshot that is heat's own. */
  readonly firstSlot: number;
  /** Whether a stepper's driver is enabled. */
  readonly isStepperOn: (stepper: number) => boolean;
  /** The printer must be stopped, for this reason: heaters are off already. Called once for each cause; may not throw. */
  readonly onError: (error: HostError) => void;
  /** A dry run (`compile`): nothing is measured, heaters are at their target at once. */
  readonly isDry: boolean;
}

/**
 * All outputs, sensors, heaters and fan rules of a printer. It needs nobody: the boards' reports and `tick` keep
 * everything regulated, renewed and watched, whatever the host does. After the constructor nothing here throws.
 *
 *   reports ─► sensors ─► heaters, fan rules ─► outputs ─► orders
 *                 └► combined sensors (tick)        ▲
 *   timed actions, notices of the host ─────────────┘
 */
export class HeatSystem {
  readonly outputs: readonly Output[];
  readonly sensors: readonly Sensor[];
  readonly heaters: readonly Heater[];
  readonly #options: HeatOptions;
  readonly #measurements: readonly BoardMeasurement[];
  readonly #combined: readonly CombinedSensor[];
  readonly #tachometers: readonly Tachometer[];
  readonly #rules: readonly FanRule[];
  readonly #fields: HeatFields;
  readonly #timedHeaters = new TimedTargets((heater, celsius) => this.#setTarget(heater, celsius));
  readonly #timedRules = new TimedTargets((rule, celsius) => this.#temperatureFan(rule)?.setTarget(celsius));
  /** Sensors for which the printer has been stopped already. */
  readonly #reported = new Set<Sensor>();
  #lastTick = Number.NaN;
  #nextCombine = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** Throws `MCU_COMMAND_MISSING` when a board's firmware lacks what a device needs. */
  constructor(options: HeatOptions) {
    this.#options = options;
    const { boards, firstSlot, isDry, setup } = options;
    const regulated = new Set(setup.heaters.map((heater) => heater.output));
    this.outputs = setup.outputs.map((one, i) => new Output(find(boards, one.board), one, regulated.has(i)));
    setup.outputs.forEach((one, i) => {
      for (const { output, follows } of one.followers ?? []) {
        find(this.outputs, i).addFollower(find(this.outputs, output), follows);
      }
    });
    this.sensors = setup.sensors.map((one) => new Sensor(one, reportPeriod(one.source)));
    this.#measurements = this.sensors.flatMap((sensor) => measurement(sensor, boards));
    this.#combined = this.sensors.flatMap((sensor) => {
      const { source } = sensor.setup;
      if (source.kind !== "combined") return [];
      return [
        new CombinedSensor(
          sensor,
          source,
          source.sensors.map((part) => find(this.sensors, part)),
        ),
      ];
    });
    this.#tachometers = (setup.tachometers ?? []).map((one) => new Tachometer(find(boards, one.board), one));
    this.heaters = setup.heaters.map((one) => {
      const output = find(this.outputs, one.output);
      const sensor = find(this.sensors, one.sensor);
      return new Heater({ setup: one, output, sensor, isDry, onFault: (error) => this.#stop(error) });
    });
    this.#rules = setup.rules.map((rule) => this.#createRule(rule));
    this.#fields = this.#describe(firstSlot);
  }

  /** What it publishes, and how many slots that takes from `firstSlot` on. */
  get fields(): readonly SnapshotField[] {
    return this.#fields.fields;
  }

  get slots(): number {
    return this.#fields.slots;
  }

  /** The boards are configured and their clocks known: sets every output to its start value and begins to measure. */
  start(): void {
    for (const output of this.outputs) output.start();
    this.#measurements.forEach((one, i) => {
      one.start(i);
    });
    for (const tachometer of this.#tachometers) tachometer.start();
  }

  /** Everything that time alone brings. To be called every 50 to 100 ms with the print time now. */
  tick(now: PrintTime): void {
    const elapsed = now - this.#lastTick;
    this.#lastTick = now;
    this.#timedHeaters.tick(now);
    this.#timedRules.tick(now);
    if (elapsed > 0 && !this.#options.isDry) this.#watchSensors(now, Math.min(elapsed, LONGEST_TICK_S));
    for (let i = 0; i < this.heaters.length; i++) this.heaters[i]?.tick(now);
    for (let i = 0; i < this.#rules.length; i++) this.#rules[i]?.tick(now);
    for (let i = 0; i < this.outputs.length; i++) this.outputs[i]?.tick();
  }

  /** In a dry run: sends every order that is due up to `time`. */
  flush(time: PrintTime): void {
    this.#timedHeaters.tick(time);
    this.#timedRules.tick(time);
    for (let i = 0; i < this.outputs.length; i++) this.outputs[i]?.flush(time);
  }

  /** Timed action: `value` (0 to 1) for an output from print time `time` on. */
  setOutput(output: number, time: PrintTime, value: number): void {
    this.outputs[output]?.set(time, value);
  }

  /** `value` for an output at once; what was requested for later is dropped. */
  setOutputNow(output: number, value: number): void {
    this.outputs[output]?.setNow(value);
  }

  /** Timed action: target of a heater in degC from print time `time` on; 0 is off. */
  setHeater(heater: number, time: PrintTime, celsius: number): void {
    this.#timedHeaters.push(time, heater, celsius);
  }

  /** Target of a heater at once; timed ones that have come in before are dropped. */
  setHeaterNow(heater: number, celsius: number): void {
    this.#timedHeaters.drop(heater);
    this.#setTarget(heater, celsius);
  }

  /** Timed action: target of a `temperature-fan` rule. */
  setRule(rule: number, time: PrintTime, celsius: number): void {
    this.#timedRules.push(time, rule, celsius);
  }

  /** Target and range of a `temperature-fan` rule at once. */
  setRuleNow(rule: number, celsius: number, minValue: number, maxValue: number): void {
    this.#timedRules.drop(rule);
    const fan = this.#temperatureFan(rule);
    fan?.setRange(minValue, maxValue);
    fan?.setTarget(celsius);
  }

  /** Other parameters for a heater's regulator, without a jolt. */
  setControl(heater: number, control: HeaterControl): void {
    this.heaters[heater]?.setControl(control);
  }

  /** A temperature that the host has read, for a sensor with source `host`. */
  setTemperature(sensor: number, celsius: number): void {
    const found = this.sensors[sensor];
    if (found?.setup.source.kind === "host" && !Number.isNaN(this.#lastTick)) {
      found.accept(printTime(this.#lastTick), celsius);
    }
  }

  /** Finds PID parameters; `done` gets them, or the error, and the heater is off then. */
  calibrate(heater: number, target: number, tolerance: number, done: CalibrationDone): void {
    const found = this.heaters[heater];
    if (found === undefined || this.#isStopped)
      done(calibrationFailed(found?.name ?? `${heater}`, "the printer is stopped"));
    else found.calibrate(target, tolerance, done);
  }

  /** Turns all heaters off, at once. Fans go on as their rules say. */
  allOff(): void {
    this.#timedHeaters.clear();
    for (let i = 0; i < this.heaters.length; i++) this.heaters[i]?.off();
  }

  /**
   * This program lets go of its boards, which stay as they are: heaters go off, and so does every output for which a board
   * would otherwise shut down when nobody renews it.
   */
  release(): void {
    this.allOff();
    for (let i = 0; i < this.outputs.length; i++) {
      const output = this.outputs[i];
      if (output !== undefined && output.setup.maxDurationS > 0) output.rest();
    }
  }

  /** The printer is stopped and its boards are shut down: heaters are off for good and nothing more is sent. */
  halt(): void {
    this.#isStopped = true;
    this.#timedRules.clear();
    this.allOff();
    for (let i = 0; i < this.outputs.length; i++) this.outputs[i]?.halt();
  }

  /**
   * Why a board may have shut down with "ADC out of range" or "Thermocouple reader fault": the sensor of that board that
   * reads something impossible. Undefined when none does.
   */
  explainShutdown(board: number): HostError | undefined {
    for (const sensor of this.sensors) {
      const { source } = sensor.setup;
      if (!("board" in source) || source.board !== board) continue;
      if (sensor.outOfRange > 0) return outOfRange(sensor);
      if (sensor.faults > 0) return sensorFault(sensor);
    }
    return undefined;
  }

  /** Writes what it publishes into a snapshot's values. */
  publish(values: Float64Array): void {
    this.#fields.publish(values);
  }

  #watchSensors(now: PrintTime, elapsed: number): void {
    for (let i = 0; i < this.sensors.length; i++) {
      const sensor = this.sensors[i];
      if (sensor === undefined) continue;
      sensor.age(elapsed);
      if (!sensor.setup.guards || this.#isStopped || this.#reported.has(sensor)) continue;
      if (sensor.outOfRange < BAD_READINGS && sensor.faults < BAD_READINGS) continue;
      this.#reported.add(sensor);
      this.#stop(sensor.faults > 0 ? sensorFault(sensor) : outOfRange(sensor));
    }
    if (now < this.#nextCombine) return;
    this.#nextCombine = now + COMBINE_S;
    for (let i = 0; i < this.#combined.length; i++) {
      const combined = this.#combined[i];
      if (combined === undefined) continue;
      combined.update(now);
      if (!combined.isApart || this.#isStopped || this.#reported.has(combined.sensor)) continue;
      this.#reported.add(combined.sensor);
      this.#stop(sensorsApart(combined.sensor, combined.deviation, combined.maxDeviation));
    }
  }

  /** A fault: heaters go off here already, the rest of the printer is the caller's. */
  #stop(error: HostError): void {
    this.#isStopped = true;
    this.allOff();
    this.#options.onError(error);
  }

  #setTarget(heater: number, celsius: number): void {
    if (!this.#isStopped) this.heaters[heater]?.setTarget(celsius);
  }

  #temperatureFan(rule: number): TemperatureFanRule | undefined {
    const found = this.#rules[rule];
    return found instanceof TemperatureFanRule ? found : undefined;
  }

  #createRule(rule: RuleSetup): FanRule {
    const output = find(this.outputs, rule.output);
    if (rule.kind === "temperature-fan") return new TemperatureFanRule(rule, output, find(this.sensors, rule.sensor));
    const heaters = rule.heaters.map((heater) => find(this.heaters, heater));
    return rule.kind === "heater-fan"
      ? new HeaterFanRule(rule, output, heaters)
      : new ControllerFanRule(rule, output, heaters, this.#options.isStepperOn);
  }

  #describe(firstSlot: number): HeatFields {
    const { isDry, setup } = this.#options;
    const fields = new HeatFields(firstSlot);
    const own = new Set(setup.heaters.map((heater) => heater.object));
    for (const heater of this.heaters) fields.addHeater(heater);
    for (const sensor of this.sensors) if (!own.has(sensor.setup.object)) fields.addSensor(sensor, isDry);
    for (const rule of this.#rules) if (rule instanceof TemperatureFanRule) fields.addTemperatureFan(rule);
    for (const output of this.outputs) fields.addOutput(output, this.#tachometers);
    return fields;
  }
}

/** How a sensor's board measures for it; nothing for sensors that no board measures. */
function measurement(sensor: Sensor, boards: readonly BoardAccess[]): readonly BoardMeasurement[] {
  const { source } = sensor.setup;
  switch (source.kind) {
    case "adc":
      return [new AnalogMeasurement(find(boards, source.board), source, sensor)];
    case "chip":
      return [new ChipMeasurement(find(boards, source.board), source, sensor)];
    case "ds18b20":
      return [new OneWireMeasurement(find(boards, source.board), source, sensor)];
    case "host":
    case "combined":
      return [];
  }
}

/** The setup comes from our own host: a missing index is a fault of the program. */
function find<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`machine setup: there is no device ${index} of ${list.length}`);
  return found;
}
