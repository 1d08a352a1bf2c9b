// thread: host
import type { SensorCurve } from "../../machine/setup.js";
import type { Board } from "../../printer/module.js";
import { HostError } from "../../shared/errors.js";
import type { SensorKind } from "./device.js";

const PIN = "ADC_TEMPERATURE";
/** Temperatures in degC between which the line through a chip's sensor is stated. */
const LOW_C = 0;
const HIGH_C = 100;

/** Volts at a temperature and volts for each degC, typical values of the data sheets. */
interface ChipSensor {
  readonly chips: RegExp;
  readonly atC: number;
  readonly volts: number;
  readonly voltsPerC: number;
}

const REFERENCE_VOLTS = 3.3;

const CHIPS: readonly ChipSensor[] = [
  { chips: /^rp2/, atC: 27, volts: 0.706, voltsPerC: -0.001721 },
  { chips: /^sam3/, atC: 27, volts: 0.8, voltsPerC: 0.00265 },
  { chips: /^sam4/, atC: 27, volts: 1.44, voltsPerC: 0.0047 },
  { chips: /^same70/, atC: 25, volts: 0.72, voltsPerC: 0.00233 },
  { chips: /^samd21/, atC: 25, volts: 0.667, voltsPerC: 0.0024 },
  { chips: /^stm32f0/, atC: 30, volts: 1.43, voltsPerC: -0.0043 },
  { chips: /^stm32f1/, atC: 25, volts: 1.43, voltsPerC: -0.0043 },
  { chips: /^stm32f[24]/, atC: 25, volts: 0.76, voltsPerC: 0.0025 },
  { chips: /^stm32f7/, atC: 25, volts: 0.76, voltsPerC: 0.0025 },
  { chips: /^stm32[gl]/, atC: 30, volts: 0.76, voltsPerC: 0.0025 },
  { chips: /^stm32h7/, atC: 30, volts: 0.62, voltsPerC: 0.002 },
  { chips: /^virtual$/, atC: 25, volts: 0.76, voltsPerC: 0.0025 },
];

/** A temperature in degC and the share of full scale that the board's converter gives at it. */
interface Calibration {
  readonly celsius: number;
  readonly ratio: number;
}

/** The sensor inside a board's processor: `temperature_mcu`. */
export const boardTemperatureKind: SensorKind = (section) => {
  const mcu = section.string("sensor_mcu", "mcu", { help: "The board whose processor is measured." });
  const celsius1 = section.celsius("sensor_temperature1", null, { help: "A temperature that was measured." });
  const ratio1 = celsius1 === null ? null : section.ratio("sensor_adc1", undefined, RATIO_HELP);
  const celsius2 = celsius1 === null ? null : section.celsius("sensor_temperature2", null, { help: "Another one." });
  const ratio2 = celsius2 === null ? null : section.ratio("sensor_adc2", undefined, RATIO_HELP);
  if (celsius1 !== null && celsius1 === celsius2) {
    section.reject("sensor_temperature2", `is ${celsius2}, as 'sensor_temperature1' is`, "measure at two temperatures");
  }
  const points = [toPoint(celsius1, ratio1), toPoint(celsius2, ratio2)].filter((point) => point !== undefined);
  return {
    prepare(ctx, { object, virtualCelsius }) {
      const board = ctx.mcu(mcu);
      const oid = board.createOid();
      const virtual = toCurve(nominal("virtual"), points);
      ctx.virtual.add("sensors", {
        name: object,
        pin: { board: mcu, pin: PIN },
        curve: {
          kind: "ratio",
          points: virtual.celsius.map((c, i) => ({ c, ratio: virtual.ratios[i] ?? 0 })).sort((a, b) => a.c - b.c),
        },
        temperatureC: virtualCelsius,
      });
      return {
        source: () => {
          const curve = toCurve(nominal(chipOf(board, section.name)), points);
          board.addConfig(`config_analog_in oid=${oid} pin=${PIN}`);
          return { kind: "adc", board: board.index, oid, curve };
        },
      };
    },
  };
};

const RATIO_HELP = { min: 0, max: 1, help: "Share of full scale that QUERY_ADC showed then." };

function toPoint(celsius: number | null, ratio: number | null): Calibration | undefined {
  return celsius === null || ratio === null ? undefined : { celsius, ratio };
}

/** Throws CFG_CONFLICT for a processor without a sensor, or with one that is not known. */
function chipOf(board: Board, section: string): string {
  const chip = String(board.constant("MCU") ?? "unknown");
  if (CHIPS.some(({ chips }) => chips.test(chip))) return chip;
  throw new HostError(
    "CFG_CONFLICT",
    `option 'sensor_type' in section '${section}' is 'temperature_mcu', but the temperature inside mcu '${board.name}' ` +
      `(${chip}) cannot be measured`,
    {
      details: { section, option: "sensor_type" },
      fix: "remove the section; for the computer that runs this program use sensor_type: temperature_host",
    },
  );
}

function nominal(chip: string): readonly [Calibration, Calibration] {
  const found = CHIPS.find(({ chips }) => chips.test(chip));
  if (found === undefined) throw new RangeError(`no sensor is known for '${chip}'`);
  const at = (celsius: number): Calibration => ({
    celsius,
    ratio: (found.volts + (celsius - found.atC) * found.voltsPerC) / REFERENCE_VOLTS,
  });
  return [at(LOW_C), at(HIGH_C)];
}

/** The line through two measurements; through one with the chip's own slope; or the chip's own. */
function toCurve(
  [low, high]: readonly [Calibration, Calibration],
  [first, second]: readonly Calibration[],
): Extract<SensorCurve, { readonly kind: "table" }> {
  const slope = (high.ratio - low.ratio) / (high.celsius - low.celsius);
  const one = first ?? low;
  const other = second ?? { celsius: one.celsius + HIGH_C, ratio: one.ratio + slope * HIGH_C };
  const points = [one, other].sort((a, b) => a.ratio - b.ratio);
  return { kind: "table", ratios: points.map(({ ratio }) => ratio), celsius: points.map(({ celsius }) => celsius) };
}
