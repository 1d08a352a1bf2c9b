// thread: any

/** Kinds of input shapers. */
export type ShaperKind = "zv" | "mzv" | "zvd" | "ei" | "2hump_ei" | "3hump_ei";

/** One pulse of a shaper: its share of the motion, and its delay in s. */
export interface Pulse {
  readonly weight: number;
  readonly delayS: number;
}

/** Vibration that the EI shapers leave, at most, as a share: what they are designed for. */
const TOLERANCE = 0.05;

/** Weights, not yet of sum 1, and times in damped periods. `k` is the decay over half a damped period. */
function design(kind: ShaperKind, k: number): readonly (readonly [weight: number, time: number])[] {
  switch (kind) {
    case "zv":
      return [
        [1, 0],
        [k, 0.5],
      ];
    case "mzv": {
      const decay = k ** 0.75;
      const end = 1 - Math.SQRT1_2;
      return [
        [end, 0],
        [(Math.SQRT2 - 1) * decay, 0.375],
        [end * decay * decay, 0.75],
      ];
    }
    case "zvd":
      return [
        [1, 0],
        [2 * k, 0.5],
        [k * k, 1],
      ];
    case "ei": {
      const end = 0.25 * (1 + TOLERANCE);
      return [
        [end, 0],
        [0.5 * (1 - TOLERANCE) * k, 0.5],
        [end * k * k, 1],
      ];
    }
    case "2hump_ei": {
      const v2 = TOLERANCE * TOLERANCE;
      const x = Math.cbrt(v2 * (Math.sqrt(1 - v2) + 1));
      const a = (3 * x * x + 2 * x + 3 * v2) / (16 * x);
      return [
        [a, 0],
        [(0.5 - a) * k, 0.5],
        [(0.5 - a) * k * k, 1],
        [a * k ** 3, 1.5],
      ];
    }
    case "3hump_ei": {
      const a = 0.0625 * (1 + 3 * TOLERANCE + 2 * Math.sqrt(2 * (TOLERANCE + TOLERANCE * TOLERANCE)));
      const b = 0.25 * (1 - TOLERANCE);
      return [
        [a, 0],
        [b * k, 0.5],
        [(0.5 * (1 + TOLERANCE) - 2 * a) * k * k, 1],
        [b * k ** 3, 1.5],
        [a * k ** 4, 2],
      ];
    }
  }
}

/**
 * Pulses of a shaper for a resonance at `frequencyHz` with this damping ratio (0 to 1, without 1). The weights add up to
 * 1; the delays lie around 0 so that a motion of constant speed is not changed.
 */
export function shaperPulses(kind: ShaperKind, frequencyHz: number, damping: number): readonly Pulse[] {
  const root = Math.sqrt(1 - damping * damping);
  const period = 1 / (frequencyHz * root);
  const raw = design(kind, Math.exp((-damping * Math.PI) / root));
  const sum = raw.reduce((total, [weight]) => total + weight, 0);
  const centre = raw.reduce((total, [weight, time]) => total + weight * time, 0) / sum;
  return raw.map(([weight, time]) => ({ weight: weight / sum, delayS: (time - centre) * period }));
}
