// thread: any
import { HeatSystem } from "../../host/machine/heat/heat-system.js";
import { createCurve } from "../../host/machine/sensors/curve.js";
import type { HeaterControl, HeaterSetup, OutputSetup, RuleSetup, SensorSetup } from "../../host/machine/setup.js";
import type { HostError } from "../../host/shared/errors.js";
import { printTime, ticks, ticks32 } from "../../host/shared/units.js";
import { HeatedBlock } from "../../host/virtual/machine/heat.js";
import type { HeaterSetup as BlockSetup } from "../../host/virtual/setup.js";
import { RecordingBoard } from "./recording-board.js";

export const HEATER_OID = 1;
export const SENSOR_OID = 2;
export const FAN_OID = 3;
/** Ticks of the heater's and of the fan's cycle. */
export const SCALE = 6_400_000;
const MAX_DURATION_S = 3;
const REPORT_S = 0.3;
const TURN_S = 0.05;
const FULL = 4095 * 8;

/** EPCOS 100K B57560G104F on 4700 ohm. */
const CURVE = {
  kind: "thermistor",
  pullupOhm: 4700,
  inlineOhm: 0,
  c1: 0.000722136308968056,
  c2: 0.000216766566488498,
  c3: 8.92935804531095e-8,
} as const;

const PLAIN: Omit<OutputSetup, "name" | "oid"> = {
  board: 0,
  kind: "soft-pwm",
  inverted: false,
  scale: SCALE,
  maxDurationS: 0,
  startValue: 0,
  shutdownValue: 0,
  minIntervalS: 0,
  kickStartS: 0,
  offBelow: 0,
  minValue: 0,
  maxValue: 1,
  publish: undefined,
};

export const PID: HeaterControl = { kind: "pid", kp: 22.2, ki: 1.08, kd: 114 };

/** A hot end of 40 W. */
export const HOT_END: BlockSetup = {
  name: "hot end",
  pin: { board: "mcu", pin: "PB4" },
  watts: 40,
  joulesPerKelvin: 17,
  lossWattsPerKelvin: 0.07,
  sensorDelayS: 1.5,
  ambientC: 25,
};

/** A bed of 250 W. */
export const BED: BlockSetup = {
  ...HOT_END,
  name: "bed",
  watts: 250,
  joulesPerKelvin: 500,
  lossWattsPerKelvin: 1.2,
  sensorDelayS: 3,
};

export interface RigOptions {
  readonly control?: HeaterControl;
  readonly block?: BlockSetup;
  readonly heater?: Partial<HeaterSetup>;
  readonly rules?: readonly RuleSetup[];
}

/** What the board is told about the heater: from when on, in s, which share of full power. */
export interface HeaterOrder {
  /** Its place among everything that was sent. */
  readonly index: number;
  readonly due: number;
  readonly duty: number;
}

const ORDER = `queue_digital_out oid=${HEATER_OID} `;

/** One heater with its sensor and a fan, on a board that does what it is told and lets the heater expire after 3 s. */
export class HeatRig {
  readonly board = new RecordingBoard();
  readonly heat: HeatSystem;
  readonly errors: HostError[] = [];
  readonly block: HeatedBlock;
  /** What the sensor reads instead of the block's temperature, degC; `silent` when it says nothing. */
  sensor: ((celsius: number) => number) | "silent" = (celsius) => celsius;
  /** Duty that the board gives the heater. */
  duty = 0;
  /** The board has turned the heater off because nothing has renewed its order. */
  hasExpired = false;
  #orderTime = 0;
  #seen = 0;
  #parsed = 0;
  readonly #orders: HeaterOrder[] = [];
  #nextReport = REPORT_S;

  constructor({ block = HOT_END, control = PID, heater = {}, rules = [] }: RigOptions = {}) {
    this.block = new HeatedBlock(block, 0);
    const sensor: SensorSetup = {
      object: "extruder",
      source: { kind: "adc", board: 0, oid: SENSOR_OID, curve: CURVE },
      minCelsius: 0,
      maxCelsius: 275,
      guards: true,
      publishExtremes: false,
    };
    this.heat = new HeatSystem({
      setup: {
        outputs: [
          { ...PLAIN, name: "extruder", oid: HEATER_OID, maxDurationS: MAX_DURATION_S },
          { ...PLAIN, name: "fan", oid: FAN_OID },
        ],
        sensors: [sensor],
        heaters: [
          {
            object: "extruder",
            output: 0,
            sensor: 0,
            maxPower: 1,
            control,
            smoothTimeS: 1,
            verify: { maxError: 120, checkGainTimeS: 20, hysteresisC: 5, heatingGainC: 2 },
            minExtrudeCelsius: 170,
            ...heater,
          },
        ],
        rules,
      },
      boards: [this.board],
      firstSlot: 0,
      isStepperOn: () => false,
      onError: (error) => this.errors.push(error),
      isDry: false,
    });
    this.heat.start();
  }

  get now(): number {
    return this.board.now;
  }

  /** Temperature of the block now, degC. */
  get celsius(): number {
    return this.block.temperature(this.now);
  }

  /** Lets time pass for board, block and machine. */
  run(durationS: number, each: () => void = () => {}): void {
    const end = this.now + durationS - 1e-9;
    while (this.now < end) {
      this.#step();
      if (this.now >= this.#nextReport) {
        this.#nextReport += REPORT_S;
        if (this.sensor !== "silent") this.report(this.sensor(this.block.sensor(this.now)));
      }
      this.heat.tick(printTime(this.now));
      each();
    }
  }

  /** Lets time pass while the machine thread is dead. */
  runWithoutMachine(durationS: number): void {
    const end = this.now + durationS - 1e-9;
    while (this.now < end) this.#step();
  }

  /** The board reports a temperature. */
  report(celsius: number): void {
    this.reportRatio(createCurve(CURVE).ratio(celsius));
  }

  /** The board reports an analog value as a share of full scale. */
  reportRatio(ratio: number): void {
    const sum = Math.round(ratio * FULL);
    this.board.respond("analog_in_state", {
      oid: SENSOR_OID,
      next_clock: ticks32(ticks(Math.round((this.now + REPORT_S) * this.board.frequency))),
      values: Uint8Array.of(sum & 255, sum >>> 8),
    });
  }

  /** Orders for the heater that were sent from the `index`th command on. */
  orders(index = 0): readonly HeaterOrder[] {
    for (; this.#parsed < this.board.sent.length; this.#parsed++) {
      const { due = 0, text = "" } = this.board.sent[this.#parsed] ?? {};
      if (!text.startsWith(ORDER)) continue;
      this.#orders.push({ index: this.#parsed, due, duty: Number(text.slice(text.lastIndexOf("=") + 1)) / SCALE });
    }
    return index === 0 ? this.#orders : this.#orders.filter((order) => order.index >= index);
  }

  /** One turn of the board: carries out what is due, and turns the heater off when its order is too old. */
  #step(): void {
    this.board.now += TURN_S;
    const orders = this.orders();
    for (let next = orders[this.#seen]; next !== undefined && next.due <= this.now; next = orders[++this.#seen]) {
      this.#set(next.duty, next.due);
    }
    if (this.duty > 0 && this.now > this.#orderTime + MAX_DURATION_S) {
      this.hasExpired = true;
      this.#set(0, this.now);
    }
  }

  #set(duty: number, time: number): void {
    this.#orderTime = time;
    this.duty = duty;
    this.block.setDuty(duty, time);
  }
}
