// thread: any
import type { Dictionary } from "../../mcu/dictionary.js";
import type { BoardClock } from "../board-clock.js";
import type { PinSetup } from "../setup.js";
import type { BoardWorld, I2cResult, ThermocoupleReading } from "../world.js";
import type { Machine, MachineSensor } from "./machine.js";
import type { Motor } from "./motor.js";
import { sensorRatio } from "./sensor-curve.js";
import { thermocoupleReading } from "./thermocouple.js";
import type { SpiDriver } from "./tmc.js";

const BROKEN: ThermocoupleReading = { value: 0, fault: 1 };

/** A share of something at an output pin. */
type OutputAction = (share: number, time: number) => void;
type InputLevel = (time: number) => boolean;

/**
 * The machine as one board's pins see it. Making one throws `MCU_PIN_UNKNOWN` when the setup names a pin that the board
 * does not have.
 */
export class MachineWorld implements BoardWorld {
  readonly #machine: Machine;
  readonly #board: string;
  readonly #dictionary: Dictionary;
  readonly #clock: BoardClock;
  readonly #motors = new Map<number, Motor>();
  readonly #outputs = new Map<number, OutputAction[]>();
  readonly #inputs = new Map<number, InputLevel>();
  readonly #sensors = new Map<number, MachineSensor>();
  readonly #edges = new Map<number, (time: number) => number>();
  readonly #spiDrivers = new Map<number, SpiDriver>();

  constructor(machine: Machine, board: string, dictionary: Dictionary, clock: BoardClock) {
    this.#machine = machine;
    this.#board = board;
    this.#dictionary = dictionary;
    this.#clock = clock;
    this.#connectMotors();
    this.#connectHeat();
    this.#connectInputs();
    for (const driver of machine.spiDrivers) {
      if (driver.setup.kind === "spi") this.#at(driver.setup.select, (pin) => this.#spiDrivers.set(pin, driver));
    }
  }

  output(pin: number, duty: number, ticks: number): void {
    const time = this.#clock.timeOf(ticks);
    for (const action of this.#outputs.get(pin) ?? []) action(duty, time);
  }

  input(pin: number, ticks: number): boolean {
    return this.#inputs.get(pin)?.(this.#clock.timeOf(ticks)) ?? false;
  }

  analog(pin: number, ticks: number): number {
    const sensor = this.#sensors.get(pin);
    if (sensor === undefined || sensor.setup.curve.kind === "spi") return 0;
    // Thermistors have a pull-up: a broken wire reads full scale.
    if (sensor.fault !== "normal") return sensor.fault === "open" ? 1 : 0;
    return sensorRatio(sensor.setup.curve, sensor.temperature(this.#clock.timeOf(ticks)));
  }

  edges(pin: number, ticks: number): number {
    return Math.floor(this.#edges.get(pin)?.(this.#clock.timeOf(ticks)) ?? 0);
  }

  attachStepper(stepPin: number, position: (ticks: number) => number, ticks: number): void {
    const counter = (time: number): number => position(this.#clock.ticksAt(time));
    this.#motors.get(stepPin)?.attach(counter, this.#clock.timeOf(ticks));
  }

  spi(selectPin: number, bytes: Uint8Array): Uint8Array {
    return this.#spiDrivers.get(selectPin)?.transfer(bytes) ?? new Uint8Array(bytes.length);
  }

  thermocouple(selectPin: number, ticks: number): ThermocoupleReading {
    const sensor = this.#sensors.get(selectPin);
    if (sensor === undefined || sensor.setup.curve.kind !== "spi" || sensor.fault !== "normal") return BROKEN;
    const { chip, rtd } = sensor.setup.curve;
    return thermocoupleReading(chip, sensor.temperature(this.#clock.timeOf(ticks)), rtd);
  }

  uart(rxPin: number, txPin: number, bytes: Uint8Array): Uint8Array | undefined {
    for (const driver of this.#machine.uartDrivers) {
      const { setup } = driver;
      if (setup.kind !== "uart" || setup.rx.board !== this.#board) continue;
      if (this.#pin(setup.rx) !== rxPin || this.#pin(setup.tx) !== txPin) continue;
      const answer = driver.exchange(bytes, setup.address);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  i2c(_address: number, _write: Uint8Array, readLength: number): I2cResult {
    return { status: "START_NACK", data: new Uint8Array(readLength) };
  }

  reset(ticks: number): void {
    const time = this.#clock.timeOf(ticks);
    for (const motor of this.#motors.values()) motor.detach(time);
    // Pins float: pull resistors switch everything off.
    for (const actions of this.#outputs.values()) for (const action of actions) action(Number.NaN, time);
  }

  #connectMotors(): void {
    for (const motor of this.#machine.motors.values()) {
      this.#at(motor.setup.step, (pin) => this.#motors.set(pin, motor));
      const { enable } = motor.setup;
      if (enable !== undefined) this.#onOutput(enable, (share, time) => motor.enable(share > 0, time));
    }
  }

  #connectHeat(): void {
    const { fans = [], heaters = [], sensors = [] } = this.#machine.setup;
    for (const { name, pin } of heaters) {
      const block = this.#machine.heaters.get(name);
      this.#onOutput(pin, (share, time) => block?.setDuty(share, time));
    }
    for (const { name, pin, tachometer } of fans) {
      this.#onOutput(pin, (share, time) => this.#machine.setFan(name, share, time));
      if (tachometer === undefined) continue;
      // Two edges for each pulse.
      const perSecond = (tachometer.rpm / 60) * tachometer.pulsesPerTurn * 2;
      const fan = this.#machine.fans.get(name);
      this.#at(tachometer.pin, (number) =>
        this.#edges.set(number, (time) => (fan?.secondsAtFull(time) ?? 0) * perSecond),
      );
    }
    for (const { name, pin } of sensors) {
      const sensor = this.#machine.sensors.get(name);
      if (sensor !== undefined) this.#at(pin, (number) => this.#sensors.set(number, sensor));
    }
  }

  #connectInputs(): void {
    const { endstops = [], probes = [], stalls = [], switches = [] } = this.#machine.setup;
    for (const { name, pin } of [...endstops, ...probes, ...stalls]) {
      const trigger = this.#machine.endstops.get(name);
      this.#onInput(pin, (time) => {
        this.#machine.settle(time);
        return trigger?.isTriggered(time) ?? false;
      });
    }
    for (const { name, pin } of switches) this.#onInput(pin, () => this.#machine.isSwitchPressed(name));
  }

  /** `action` gets the share from 0 (off) to 1 (on), whatever the polarity; 0 when the pin floats. */
  #onOutput(setup: PinSetup, action: OutputAction): void {
    this.#at(setup, (pin) => {
      const actions = this.#outputs.get(pin) ?? [];
      actions.push((level, time) => {
        const share = setup.inverted === true ? 1 - level : level;
        action(Number.isNaN(share) ? 0 : share, time);
      });
      this.#outputs.set(pin, actions);
    });
  }

  #onInput(setup: PinSetup, isOn: InputLevel): void {
    this.#at(setup, (pin) => this.#inputs.set(pin, (time) => isOn(time) !== (setup.inverted === true)));
  }

  /** Calls `connect` with the pin's number when it is one of this board's. */
  #at(setup: PinSetup, connect: (pin: number) => void): void {
    if (setup.board === this.#board) connect(this.#pin(setup));
  }

  #pin(setup: PinSetup): number {
    return this.#dictionary.pin(setup.pin);
  }
}
