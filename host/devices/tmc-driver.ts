// thread: host
import type { ModuleContext, StatusObject } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import type { TmcBus } from "./tmc-bus.js";
import { fieldOf, type TmcFields } from "./tmc-fields.js";
import type { TmcChip, TmcOptions } from "./tmc-options.js";

/** Greatest value of TSTEP: standing still, or a threshold that is never met. */
const TSTEP_MAX = 0xfffff;
/** All flags of GSTAT: writing them clears them. */
const CLEAR_GSTAT = 0x1f;

/** Flags of DRV_STATUS with which a driver has switched itself off, and what they mean. */
const FAULTS: Readonly<Record<string, string>> = {
  ot: "it is too hot and has switched itself off",
  s2ga: "coil A is shorted to ground",
  s2gb: "coil B is shorted to ground",
  s2vsa: "coil A is shorted to the supply",
  s2vsb: "coil B is shorted to the supply",
};
const FAULT_FIX: Readonly<Record<string, string>> = {
  ot: "let it cool down, cool the driver better, or lower run_current",
  s2ga: "switch off and check the motor's wires; with stealthChop, try without it",
  s2gb: "switch off and check the motor's wires; with stealthChop, try without it",
  s2vsa: "switch off and check the motor's wires; with stealthChop, try without it",
  s2vsb: "switch off and check the motor's wires; with stealthChop, try without it",
};

/** One driver at work: its registers, its currents, its state. */
export class TmcDriver {
  readonly name: string;
  readonly options: TmcOptions;
  readonly chip: TmcChip;
  readonly bus: TmcBus;
  /** Whether it holds what it should, as far as known. */
  isReady = false;
  readonly #stepDistance: number;
  #status: StatusObject = Object.freeze({});
  #wasHot = false;

  constructor(ctx: ModuleContext, chip: TmcChip, options: TmcOptions, bus: TmcBus) {
    this.name = ctx.label;
    this.chip = chip;
    this.options = options;
    this.bus = bus;
    this.#stepDistance = ctx.needPart("stepper", options.stepper, "").stepDistance;
    this.setCurrents(options.runCurrent, options.holdCurrent ?? options.runCurrent);
    this.#setThresholds();
    this.#status = Object.freeze({
      mcu_phase_offset: null,
      phase_offset_position: null,
      drv_status: null,
      temperature: null,
      ...this.currents,
    });
  }

  get fields(): TmcFields {
    return this.options.fields;
  }

  get status(): StatusObject {
    return this.#status;
  }

  /** `run_current` and `hold_current` as the fields have them, in A. */
  get currents(): { readonly run_current: number; readonly hold_current: number } {
    const { run, hold } = this.options.scale.toCurrents((field) => this.fields.get(field));
    return { run_current: run, hold_current: hold };
  }

  /** Puts currents (A) into the fields and returns the registers to write. */
  setCurrents(run: number, hold: number): ReadonlySet<string> {
    const registers = new Set<string>();
    for (const [field, value] of Object.entries(this.options.scale.toFields(run, hold))) {
      const register = this.fields.set(field, value);
      if (register !== undefined) registers.add(register);
    }
    this.#note({ ...this.currents });
    return registers;
  }

  /** TSTEP of a speed in mm/s: clock ticks from one to the next of 256 microsteps. */
  toTstep(speed: number): number {
    if (!(speed > 0)) return TSTEP_MAX;
    const distance = (this.#stepDistance * this.options.microsteps) / 256;
    return Math.min(TSTEP_MAX, Math.max(0, Math.round((this.chip.frequency * distance) / speed)));
  }

  /** Writes every register that has a value. Throws TMC_SILENT. */
  async init(): Promise<void> {
    this.isReady = false;
    const clear = this.chip.registers["GSTAT"] === undefined ? [] : [["GSTAT", CLEAR_GSTAT] as const];
    await this.bus.write([...this.fields.written, ...clear]);
    this.isReady = true;
  }

  /** Writes some registers again. */
  async update(registers: Iterable<string>): Promise<void> {
    const values = [...registers].map((name) => [name, this.fields.written.get(name) ?? 0] as const);
    if (values.length > 0) await this.bus.write(values);
  }

  /** Looks at its state. Throws TMC_FAULT when it has switched itself off, TMC_SILENT when it does not answer. */
  async check(respond: (text: string) => void): Promise<void> {
    const register = this.chip.statusRegister ?? "DRV_STATUS";
    const state = await this.bus.read(register);
    const places = this.chip.registers[register]?.fields ?? {};
    const flags = Object.entries(places).flatMap(([name, place]) => {
      const value = fieldOf(state, place);
      return value === 0 ? [] : [[name, value] as const];
    });
    const drvStatus = Object.freeze(Object.fromEntries(flags));
    this.#note({ drv_status: drvStatus, temperature: await this.#temperature() });
    const isHot = "otpw" in drvStatus;
    if (isHot && !this.#wasHot) {
      respond(`the driver of ${this.name} is getting too hot: cool it better, or lower its run_current`);
    }
    this.#wasHot = isHot;
    const fault = Object.keys(FAULTS).find((name) => name in drvStatus);
    if (fault !== undefined) throw this.#fault(fault, FAULTS[fault] ?? fault, FAULT_FIX[fault] ?? "");
    if (this.chip.registers["GSTAT"] === undefined) return;
    const reset = await this.bus.read("GSTAT");
    if (fieldOf(reset, [0, 1]) !== 0) {
      throw this.#fault(
        "reset",
        "it has reset itself",
        "check the motor supply and its wires: its voltage has dropped",
      );
    }
    if (fieldOf(reset, [2, 1]) !== 0) {
      throw this.#fault("uv_cp", "its supply voltage is too low", "check the motor supply and its wires");
    }
  }

  /** The motor is off: there is nothing to look at. */
  rest(): void {
    this.#note({ drv_status: null, temperature: null });
  }

  async #temperature(): Promise<number | null> {
    if (this.chip.registers["ADC_TEMP"] === undefined) return null;
    // Data sheet of the TMC2240, ADC_TEMP.
    return ((await this.bus.read("ADC_TEMP")) - 2038) / 7.7;
  }

  #setThresholds(): void {
    const { cool, fields, high, stealth } = this.options;
    const isQuiet = stealth > 0;
    if (fields.has("en_spreadcycle")) fields.set("en_spreadcycle", Number(!isQuiet));
    else fields.set("en_pwm_mode", Number(isQuiet));
    fields.set("tpwmthrs", this.toTstep(stealth));
    if (cool !== null) fields.set("tcoolthrs", this.toTstep(cool));
    if (high !== null) fields.set("thigh", this.toTstep(high));
  }

  #note(changes: StatusObject): void {
    this.#status = Object.freeze({ ...this.#status, ...changes });
  }

  #fault(flag: string, text: string, fix: string): HostError<"TMC_FAULT"> {
    return new HostError("TMC_FAULT", `the driver of ${this.name} reports a fault: ${text} (${flag})`, {
      details: { driver: this.name, fault: flag },
      fix: `${fix}, then run FIRMWARE_RESTART`,
    });
  }
}
