// thread: any
import type { Random } from "../random.js";
import type { MachineSetup, RailSetup, SensorSetup } from "../setup.js";
import { HeatedBlock } from "./heat.js";
import { endstopSwitch, Fan, probeSwitch, type SwitchFault, TriggerSwitch } from "./inputs.js";
import { Motor, WeightedMotors } from "./motor.js";
import { createNozzle, type Nozzle, type Point } from "./nozzle.js";
import { type Crash, Rail } from "./rail.js";
import { SpiDriver, UartDriver } from "./tmc.js";

/** Rounds of bringing carriages to their starting places; each round halves what is left at the worst. */
const PLACING_ROUNDS = 50;
/** How close to its ends a carriage may stand at the beginning, as a share of its way. */
const PLACING_MARGIN = 0.15;
const ROOM_TEMPERATURE = 25;

/** How a sensor misbehaves. */
export type SensorFault = "normal" | "open" | "short";

/** A temperature sensor: a heater's, or one that shows a fixed temperature. */
export interface MachineSensor {
  readonly setup: SensorSetup;
  readonly temperature: (time: number) => number;
  fault: SensorFault;
}

/** Where everything is, for tests and for the log. */
export interface MachineReport {
  readonly time: number;
  readonly motors: readonly { readonly name: string; readonly positionMm: number; readonly isEnabled: boolean }[];
  readonly rails: readonly { readonly name: string; readonly positionMm: number; readonly crashes: readonly Crash[] }[];
  readonly heaters: readonly {
    readonly name: string;
    readonly temperatureC: number;
    readonly sensorC: number;
    readonly duty: number;
    /** Seconds of full power so far. */
    readonly onS: number;
  }[];
  readonly fans: readonly { readonly name: string; readonly speed: number }[];
  readonly nozzle: Point | undefined;
}

/**
 * What stands behind the boards: motors that move carriages between hard stops, switches, heaters, fans, drivers. All
 * of it is a function of the pins and of time; nothing runs by itself.
 */
export class Machine {
  readonly setup: MachineSetup;
  readonly motors: ReadonlyMap<string, Motor>;
  readonly rails: readonly Rail[];
  readonly heaters: ReadonlyMap<string, HeatedBlock>;
  readonly fans: ReadonlyMap<string, Fan>;
  readonly endstops: ReadonlyMap<string, TriggerSwitch>;
  readonly sensors: ReadonlyMap<string, MachineSensor>;
  readonly uartDrivers: readonly UartDriver[];
  readonly spiDrivers: readonly SpiDriver[];
  readonly #switches = new Map<string, boolean>();
  readonly #nozzle: Nozzle | undefined;

  constructor(setup: MachineSetup, random: Random, time: number) {
    this.setup = setup;
    this.motors = new Map((setup.motors ?? []).map((motor) => [motor.name, new Motor(motor, motor.startMm ?? 0)]));
    this.rails = (setup.rails ?? []).map((rail) => new Rail(rail, this.#sum(rail)));
    this.#place(random.fork("places"), time);
    this.heaters = new Map((setup.heaters ?? []).map((heater) => [heater.name, new HeatedBlock(heater, time)]));
    this.fans = new Map((setup.fans ?? []).map((fan) => [fan.name, new Fan(fan.name, time)]));
    this.sensors = new Map((setup.sensors ?? []).map((sensor) => [sensor.name, this.#sensor(sensor)]));
    this.#nozzle = setup.nozzle === undefined ? undefined : createNozzle(setup.nozzle, this.motors);
    this.endstops = this.#createEndstops();
    const drivers = setup.drivers ?? [];
    this.uartDrivers = drivers.flatMap((driver) => (driver.kind === "uart" ? [new UartDriver(driver)] : []));
    this.spiDrivers = drivers.flatMap((driver) => (driver.kind === "spi" ? [new SpiDriver(driver)] : []));
    for (const { name, pressed } of setup.switches ?? []) this.#switches.set(name, pressed === true);
  }

  /** Stops carriages at their ends: to be called often while anything moves. */
  settle(time: number): void {
    for (const rail of this.rails) rail.settle(time);
  }

  isSwitchPressed(name: string): boolean {
    return this.#switches.get(name) ?? false;
  }

  /** A fan turns at another speed: it and what it cools. */
  setFan(name: string, speed: number, time: number): void {
    this.fans.get(name)?.setSpeed(speed, time);
    for (const heater of this.setup.heaters ?? []) {
      if (heater.fan?.name === name) this.heaters.get(heater.name)?.setCooling(speed, time);
    }
  }

  // By hand.

  pressSwitch(name: string, isPressed: boolean): void {
    named(this.#switches, "switch", name);
    this.#switches.set(name, isPressed);
  }

  setSwitchFault(name: string, fault: SwitchFault): void {
    named(this.endstops, "endstop", name).fault = fault;
  }

  setSensorFault(name: string, fault: SensorFault): void {
    named(this.sensors, "sensor", name).fault = fault;
  }

  setHeaterFault(name: string, power: number, isStuckOn: boolean, time: number): void {
    named(this.heaters, "heater", name).setFault(power, isStuckOn, time);
  }

  setDriverSilent(name: string, isSilent: boolean): void {
    const all = [...this.uartDrivers, ...this.spiDrivers].map((driver) => [driver.setup.name, driver] as const);
    named(new Map(all), "driver", name).silent = isSilent;
  }

  report(time: number): MachineReport {
    this.settle(time);
    return {
      time,
      motors: Array.from(this.motors, ([name, motor]) => ({
        name,
        positionMm: motor.position(time),
        isEnabled: motor.isEnabled,
      })),
      rails: this.rails.map((rail) => ({
        name: rail.setup.name,
        positionMm: rail.position(time),
        crashes: rail.crashes.map((crash) => ({ ...crash })),
      })),
      heaters: Array.from(this.heaters, ([name, heater]) => ({
        name,
        temperatureC: heater.temperature(time),
        sensorC: heater.sensor(time),
        duty: heater.duty,
        onS: heater.onTime(time),
      })),
      fans: Array.from(this.fans, ([name, fan]) => ({ name, speed: fan.speed })),
      nozzle: this.#nozzle?.(time),
    };
  }

  #sum(rail: RailSetup): WeightedMotors {
    return new WeightedMotors(rail.position, this.motors);
  }

  #sensor(setup: SensorSetup): MachineSensor {
    const { heater: name, temperatureC = ROOM_TEMPERATURE } = setup;
    if (name === undefined) return { setup, temperature: () => temperatureC, fault: "normal" };
    const heater = named(this.heaters, "heater", name);
    return { setup, temperature: (time) => heater.sensor(time), fault: "normal" };
  }

  #createEndstops(): Map<string, TriggerSwitch> {
    const { bed = {}, endstops = [], probes = [], stalls = [] } = this.setup;
    const all = new Map<string, TriggerSwitch>();
    for (const setup of endstops) {
      all.set(setup.name, endstopSwitch(setup, new WeightedMotors(setup.position, this.motors)));
    }
    const nozzle = this.#nozzle;
    for (const setup of probes) {
      if (nozzle === undefined) throw new TypeError(`virtual machine: probe '${setup.name}' has no nozzle`);
      all.set(setup.name, probeSwitch(setup, nozzle, bed));
    }
    const rails = new Map(this.rails.map((rail) => [rail.setup.name, rail]));
    for (const { name, rail } of stalls) all.set(name, stallSwitch(name, named(rails, "rail", rail)));
    return all;
  }

  /** Puts every carriage whose motors have no place of their own at a random one. */
  #place(random: Random, time: number): void {
    const free = this.rails.filter((rail) => rail.motors.terms.every(({ motor }) => motor.setup.startMm === undefined));
    const targets = free.map(({ setup: { minMm, maxMm } }) => {
      const margin = (maxMm - minMm) * PLACING_MARGIN;
      return random.between(minMm + margin, maxMm - margin);
    });
    for (let round = 0; round < PLACING_ROUNDS; round++) {
      free.forEach((rail, i) => {
        rail.motors.shift((targets[i] ?? 0) - rail.position(time));
      });
    }
  }
}

function stallSwitch(name: string, rail: Rail): TriggerSwitch {
  return new TriggerSwitch(name, (time) => (rail.isStalled(time) ? 0 : Number.NEGATIVE_INFINITY));
}

function named<T>(all: ReadonlyMap<string, T>, kind: string, name: string): T {
  const found = all.get(name);
  if (found === undefined) throw new TypeError(`virtual machine: there is no ${kind} '${name}'`);
  return found;
}
