// thread: any
import type { RtdSetup, ThermocoupleChip } from "../setup.js";
import type { ThermocoupleReading } from "../world.js";

// Callendar-Van Dusen coefficients of platinum (IEC 60751), per degC and per degC^2.
const RTD_A = 3.9083e-3;
const RTD_B = -5.775e-7;
const DEFAULT_RTD: RtdSetup = { nominalOhm: 100, referenceOhm: 430 };

/** What the chip's registers hold at a temperature; NaN is a broken sensor. Formats are the chips' data sheets'. */
export function thermocoupleReading(
  chip: ThermocoupleChip,
  celsius: number,
  rtd: RtdSetup = DEFAULT_RTD,
): ThermocoupleReading {
  if (Number.isNaN(celsius)) return { value: 0, fault: 1 };
  switch (chip) {
    case "MAX6675":
      return { value: clamp(celsius / 0.25, 0xfff) << 3, fault: 0 };
    case "MAX31855":
      return { value: (clamp(celsius / 0.25, 0x1fff) << 18) >>> 0, fault: 0 };
    case "MAX31856":
      return { value: clamp(celsius / 0.0078125, 0x3ffff) << 5, fault: 0 };
    case "MAX31865": {
      const ohm = rtd.nominalOhm * (1 + RTD_A * celsius + RTD_B * celsius * celsius);
      return { value: clamp((ohm / rtd.referenceOhm) * 32768, 0x7fff) << 1, fault: 0 };
    }
  }
}

const clamp = (value: number, max: number): number => Math.min(max, Math.max(0, Math.round(value)));
