// thread: any

/** What a driver's registers must hold for its currents. */
export type CurrentFields = Readonly<Record<string, number>>;

/** Turns currents (A, root mean square) into fields, and back. */
export interface CurrentScale {
  /** Highest current that can be set, in A. */
  readonly maximum: number;
  toFields(run: number, hold: number): CurrentFields;
  /** The currents that these fields mean. */
  toCurrents(fields: (name: string) => number): { readonly run: number; readonly hold: number };
}

/** Steps of the current scale, CS = 0 to 31. */
const STEPS = 32;
const GLOBAL_STEPS = 256;
const LEAST_GLOBAL = 32;

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));
const scaleStep = (share: number): number => clamp(Math.floor(share * STEPS - 1 + 0.5), 0, STEPS - 1);

/** Resistance of the chip and its pins in series with the sense resistor, ohm (data sheets: sense resistor). */
const INNER_OHM = 0.02;
/** Voltage at full scale with low and with high sensitivity, V. */
const FULL_SCALE = [0.32, 0.18] as const;

/**
 * TMC2130, TMC2208, TMC2209, by their data sheets: I = (CS + 1) / 32 * V / (R + 0.02) / sqrt 2. The high sensitivity is
 * taken where it reaches, since it is finer.
 */
export function senseScale(senseOhm: number): CurrentScale {
  const fullScale = (vsense: 0 | 1): number => FULL_SCALE[vsense] / (senseOhm + INNER_OHM) / Math.SQRT2;
  const current = (cs: number, vsense: 0 | 1): number => ((cs + 1) / STEPS) * fullScale(vsense);
  return {
    maximum: 2,
    toFields: (run, hold) => {
      const vsense = run > fullScale(1) ? 0 : 1;
      const step = (amps: number): number => scaleStep(amps / fullScale(vsense));
      return { vsense, irun: step(run), ihold: step(Math.min(hold, run)) };
    },
    toCurrents: (field) => {
      const vsense = field("vsense") === 0 ? 0 : 1;
      return { run: current(field("irun"), vsense), hold: current(field("ihold"), vsense) };
    },
  };
}

/** TMC2660: I = (CS + 1) / 32 * V / R / sqrt 2, with 0.305 V or 0.165 V at full scale. It has no current of its own at rest. */
export function plainSenseScale(senseOhm: number): CurrentScale {
  const fullScale = (vsense: 0 | 1): number => (vsense === 0 ? 0.305 : 0.165) / senseOhm / Math.SQRT2;
  return {
    maximum: 2.4,
    toFields: (run) => {
      const vsense = run > fullScale(1) ? 0 : 1;
      return { vsense, cs: scaleStep(run / fullScale(vsense)) };
    },
    toCurrents: (field) => {
      const run = ((field("cs") + 1) / STEPS) * fullScale(field("vsense") === 0 ? 0 : 1);
      return { run, hold: run };
    },
  };
}

/** Global scale for a current that needs this share of the full one; 0 stands for 256. */
function globalScale(share: number): number {
  const steps = Math.floor(share * GLOBAL_STEPS + 0.5);
  return steps >= GLOBAL_STEPS ? 0 : Math.max(LEAST_GLOBAL, steps);
}

const scaleOf = (globalscaler: number): number => (globalscaler === 0 ? 1 : globalscaler / GLOBAL_STEPS);

/** TMC5160: I = GS / 256 * (CS + 1) / 32 * 0.325 V / R / sqrt 2. */
export function globalSenseScale(senseOhm: number): CurrentScale {
  const full = 0.325 / senseOhm / Math.SQRT2;
  return {
    maximum: 10,
    toFields: (run, hold) => {
      const globalscaler = globalScale(run / full);
      const step = (amps: number): number => scaleStep(amps / (full * scaleOf(globalscaler)));
      return { globalscaler, irun: step(run), ihold: step(Math.min(hold, run)) };
    },
    toCurrents: (field) => {
      const one = (full * scaleOf(field("globalscaler"))) / STEPS;
      return { run: (field("irun") + 1) * one, hold: (field("ihold") + 1) * one };
    },
  };
}

/** Full scale of the TMC2240 by its current range, in A times ohm of the reference resistor. */
const RANGE_FACTORS = [11750, 24000, 36000, 36000] as const;

/** TMC2240: I = GS / 256 * (CS + 1) / 32 * K / Rref / sqrt 2, in the smallest range that reaches. */
export function referenceScale(referenceOhm: number): CurrentScale {
  const full = (range: number): number => (RANGE_FACTORS[range] ?? RANGE_FACTORS[2]) / referenceOhm / Math.SQRT2;
  return {
    maximum: full(2),
    toFields: (run, hold) => {
      const range = run <= full(0) ? 0 : run <= full(1) ? 1 : 2;
      const globalscaler = globalScale(run / full(range));
      const step = (amps: number): number => scaleStep(amps / (full(range) * scaleOf(globalscaler)));
      return { current_range: range, globalscaler, irun: step(run), ihold: step(Math.min(hold, run)) };
    },
    toCurrents: (field) => {
      const one = (full(field("current_range")) * scaleOf(field("globalscaler"))) / STEPS;
      return { run: (field("irun") + 1) * one, hold: (field("ihold") + 1) * one };
    },
  };
}
