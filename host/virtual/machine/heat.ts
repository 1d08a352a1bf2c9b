// thread: any
import type { HeaterSetup } from "../setup.js";

/** Two time constants that are closer than this share are taken apart, or the formula divides by zero. */
const APART = 1e-6;

/**
 * A heated block: `C dT/dt = P - loss (T - ambient)`, and a sensor that follows it with a delay of first order. Solved
 * exactly between changes of power and cooling, so it costs nothing while nothing changes.
 */
export class HeatedBlock {
  readonly #setup: HeaterSetup;
  #time: number;
  #temperature: number;
  #sensor: number;
  #duty = 0;
  #cooling = 0;
  #power = 1;
  #isStuckOn = false;
  #onTime = 0;

  constructor(setup: HeaterSetup, time: number) {
    this.#setup = setup;
    this.#time = time;
    this.#temperature = setup.startC ?? setup.ambientC;
    this.#sensor = this.#temperature;
  }

  /** Share of the time for which the element is on, from `time`. */
  setDuty(duty: number, time: number): void {
    this.#runTo(time);
    this.#duty = duty;
  }

  /** Speed of the fan that cools it, from 0 to 1, from `time`. */
  setCooling(speed: number, time: number): void {
    this.#runTo(time);
    this.#cooling = speed;
  }

  /** `power` scales the element; `isStuckOn` is a switch that no longer opens. */
  setFault(power: number, isStuckOn: boolean, time: number): void {
    this.#runTo(time);
    this.#power = power;
    this.#isStuckOn = isStuckOn;
  }

  /** Duty that is ordered at the pin. */
  get duty(): number {
    return this.#duty;
  }

  /** Seconds of full power so far. */
  onTime(time: number): number {
    this.#runTo(time);
    return this.#onTime;
  }

  /** Temperature of the block, degC. */
  temperature(time: number): number {
    this.#runTo(time);
    return this.#temperature;
  }

  /** Temperature that its sensor has, degC. */
  sensor(time: number): number {
    this.#runTo(time);
    return this.#sensor;
  }

  #runTo(time: number): void {
    const dt = time - this.#time;
    if (!(dt > 0)) return;
    this.#time = time;
    const { ambientC, fan, joulesPerKelvin, lossWattsPerKelvin, sensorDelayS = 0, watts } = this.#setup;
    const share = this.#isStuckOn ? 1 : this.#duty;
    this.#onTime += share * dt;
    const loss = lossWattsPerKelvin + (fan?.lossWattsPerKelvin ?? 0) * this.#cooling;
    const settled = ambientC + (watts * this.#power * share) / loss;
    const rate = loss / joulesPerKelvin;
    const away = this.#temperature - settled;
    const decayed = away * Math.exp(-rate * dt);
    this.#temperature = settled + decayed;
    if (sensorDelayS <= 0) {
      this.#sensor = this.#temperature;
      return;
    }
    // Sensor: settled + a exp(-rate t) + b exp(-t / delay).
    const gap = 1 - rate * sensorDelayS;
    const a = away / (Math.abs(gap) < APART ? APART : gap);
    const b = this.#sensor - settled - a;
    this.#sensor = settled + a * Math.exp(-rate * dt) + b * Math.exp(-dt / sensorDelayS);
  }
}
