// thread: any
import { HeatSystem } from "../../host/machine/heat/heat-system.js";
import type { HeaterSetup, OutputSetup, SensorSetup } from "../../host/machine/setup.js";
import type { HostError } from "../../host/shared/errors.js";
import { printTime } from "../../host/shared/units.js";
import { RecordingBoard } from "./recording-board.js";

const SCALE = 6_400_000;
const HEATER_OID = 3;
const SENSOR_OID = 4;
/** The sensor is linear: so many degC at full scale. */
const FULL_C = 400;
const ADC_FULL = 4095 * 8;
const TURN_S = 0.05;
const REPORT_TURNS = 6;
const AMBIENT_C = 25;

const OUTPUT: OutputSetup = {
  name: "extruder",
  board: 0,
  oid: HEATER_OID,
  kind: "soft-pwm",
  inverted: false,
  scale: SCALE,
  maxDurationS: 3,
  startValue: 0,
  shutdownValue: 0,
  minIntervalS: 0,
  kickStartS: 0,
  offBelow: 0,
  minValue: 0,
  maxValue: 1,
  publish: undefined,
};

const SENSOR: SensorSetup = {
  object: "extruder",
  source: {
    kind: "adc",
    board: 0,
    oid: SENSOR_OID,
    curve: { kind: "table", ratios: [0, 1], celsius: [0, FULL_C] },
  },
  minCelsius: 5,
  maxCelsius: 300,
  guards: true,
  publishExtremes: false,
};

export const HEATER: HeaterSetup = {
  object: "extruder",
  output: 0,
  sensor: 0,
  maxPower: 1,
  control: { kind: "pid", kp: 20, ki: 1, kd: 80 },
  smoothTimeS: 1,
  verify: { maxError: 120, checkGainTimeS: 20, hysteresisC: 5, heatingGainC: 2 },
  minExtrudeCelsius: 170,
};

/** One heater with its sensor: what is ordered heats a simulated block, whose temperature the board reports. */
export class HeatRig {
  readonly board = new RecordingBoard();
  readonly heat: HeatSystem;
  readonly errors: HostError[] = [];
  /** Temperature of the block and, a little behind it, of its sensor. */
  block = AMBIENT_C;
  sensor = AMBIENT_C;
  /** Power of the element at full power in W; 0 for a broken one. */
  watts = 40;
  isReporting = true;
  /** What the sensor reports in place of its temperature. */
  reading: number | undefined;
  /** Power from 0 to 1 that the board has been ordered to give by now. */
  power = 0;
  /** Longest time in s that the board was at power without an order. */
  longestGap = 0;
  #next = 0;
  #turns = 0;
  #orderedAt = 0;

  constructor(changes: Partial<HeaterSetup> = {}) {
    this.heat = new HeatSystem({
      setup: { outputs: [OUTPUT], sensors: [SENSOR], tachometers: [], heaters: [{ ...HEATER, ...changes }], rules: [] },
      boards: [this.board],
      firstSlot: 0,
      isStepperOn: () => false,
      onError: (error) => this.errors.push(error),
      isDry: false,
    });
    this.heat.start();
  }

  get heater(): HeatSystem["heaters"][number] {
    const [heater] = this.heat.heaters;
    if (heater === undefined) throw new Error("there is no heater");
    return heater;
  }

  /** Lets so many s pass; `look` is called every 50 ms. */
  run(seconds: number, look: () => void = () => {}): void {
    const turns = Math.round(seconds / TURN_S);
    for (let i = 0; i < turns; i++) {
      this.board.now += TURN_S;
      this.#obey();
      this.#warm();
      if (this.isReporting && ++this.#turns % REPORT_TURNS === 0) this.report(this.reading ?? this.sensor);
      this.heat.tick(printTime(this.board.now));
      look();
    }
  }

  /** The board reports a temperature. */
  report(celsius: number): void {
    const sum = Math.max(0, Math.min(ADC_FULL, Math.round((celsius / FULL_C) * ADC_FULL)));
    const nextClock = Math.round((this.board.now + REPORT_TURNS * TURN_S) * this.board.frequency) >>> 0;
    this.board.respond("analog_in_state", {
      oid: SENSOR_OID,
      next_clock: nextClock,
      values: Uint8Array.of(sum & 0xff, sum >> 8),
    });
  }

  /** The last power that was ordered, due or not. */
  get ordered(): number {
    const texts = this.board.texts.filter((text) => text.startsWith(`queue_digital_out oid=${HEATER_OID} `));
    const ticks = /on_ticks=(\d+)/.exec(texts.at(-1) ?? "")?.[1];
    return Number(ticks) / SCALE;
  }

  /** Carries out the orders that are due. */
  #obey(): void {
    const { now, sent } = this.board;
    for (let order = sent[this.#next]; order !== undefined; order = sent[this.#next]) {
      const ticks = /^queue_digital_out .* on_ticks=(\d+)$/.exec(order.text)?.[1];
      if (ticks !== undefined && order.due > now) break;
      this.#next++;
      if (ticks === undefined) continue;
      this.power = Number(ticks) / SCALE;
      this.#orderedAt = order.due;
    }
    if (this.power > 0) this.longestGap = Math.max(this.longestGap, now - this.#orderedAt);
  }

  #warm(): void {
    const joulesPerKelvin = 17;
    const lossWattsPerKelvin = 0.07;
    const delayS = 1.5;
    const watts = this.power * this.watts - (this.block - AMBIENT_C) * lossWattsPerKelvin;
    this.block += (watts / joulesPerKelvin) * TURN_S;
    this.sensor += ((this.block - this.sensor) / delayS) * TURN_S;
  }
}
