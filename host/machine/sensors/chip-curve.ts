// thread: machine
import type { SensorChip } from "../setup.js";
import { rtdCelsius, rtdShare } from "./curve.js";

/** Full scale of the MAX31865's ratio. */
const RTD_FULL = 32768;
/** degC of the lowest bit, and the place of that bit in the value that the board reports, by the data sheets. */
const STEPS = {
  MAX6675: { celsius: 0.25, shift: 3, bits: 12, isSigned: false },
  MAX31855: { celsius: 0.25, shift: 18, bits: 14, isSigned: true },
  MAX31856: { celsius: 0.0078125, shift: 5, bits: 19, isSigned: true },
} as const;

/** Temperature in degC that a chip's reading means. */
export function chipCelsius(chip: SensorChip, value: number): number {
  if (chip.kind === "MAX31865") {
    return rtdCelsius(((value >>> 1) / RTD_FULL) * (chip.referenceOhm / chip.nominalOhm));
  }
  const { celsius, shift, bits, isSigned } = STEPS[chip.kind];
  const range = 2 ** bits;
  const steps = (value >>> shift) % range;
  return (isSigned && steps >= range / 2 ? steps - range : steps) * celsius;
}

/**
 * The reading for a temperature, held within what the chip can say for temperatures from 0 degC up: the board compares
 * readings as unsigned numbers, so a thermocouple's limit cannot be below 0 degC.
 */
export function chipReading(chip: SensorChip, celsius: number): number {
  if (chip.kind === "MAX31865") {
    const ratio = (rtdShare(celsius) * chip.nominalOhm) / chip.referenceOhm;
    return Math.min(RTD_FULL - 1, Math.max(0, Math.round(ratio * RTD_FULL))) * 2;
  }
  const { celsius: step, shift, bits, isSigned } = STEPS[chip.kind];
  const most = 2 ** (isSigned ? bits - 1 : bits) - 1;
  return Math.min(most, Math.max(0, Math.round(celsius / step))) * 2 ** shift;
}
