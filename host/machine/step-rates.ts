// thread: any

/**
 * Steps per second that chips make with three steppers at work, as Klipper's documentation publishes them
 * (Features, "Step benchmarks"), by the beginning of the name that their firmware gives them. Longer names first.
 */
const PUBLISHED: readonly { readonly mcu: string; readonly stepsPerS: number }[] = [
  { mcu: "stm32f042", stepsPerS: 578_000 },
  { mcu: "stm32g0", stepsPerS: 790_000 },
  { mcu: "stm32f103", stepsPerS: 818_000 },
  { mcu: "stm32g4", stepsPerS: 2_452_000 },
  { mcu: "stm32f407", stepsPerS: 2_459_000 },
  { mcu: "stm32f446", stepsPerS: 2_634_000 },
  { mcu: "stm32h7", stepsPerS: 8_619_000 },
  { mcu: "samd21", stepsPerS: 471_000 },
  { mcu: "samd51", stepsPerS: 1_885_000 },
  { mcu: "sam3x8", stepsPerS: 981_000 },
  { mcu: "sam4s8", stepsPerS: 1_385_000 },
  { mcu: "sam4e8", stepsPerS: 1_674_000 },
  { mcu: "same70", stepsPerS: 4_737_000 },
  { mcu: "lpc1768", stepsPerS: 1_351_000 },
  { mcu: "lpc1769", stepsPerS: 1_622_000 },
  { mcu: "rp2040", stepsPerS: 2_571_000 },
  { mcu: "rp2350", stepsPerS: 2_663_000 },
  { mcu: "pru", stepsPerS: 708_000 },
  { mcu: "ar100", stepsPerS: 2_507_000 },
];
const AVR = /^(atmega|at90|lgt8f)/;
/** Measured at 16 and 20 MHz; others in between or below by their clock. */
const AVR_STEPS_PER_TICK = 99_000 / 16_000_000;

/** Steps per second that a board can make, by the constants `MCU` and `CLOCK_FREQ`; undefined when nobody measured it. */
export function stepRateLimit(mcu: string, frequency: number): number | undefined {
  if (AVR.test(mcu)) return AVR_STEPS_PER_TICK * frequency;
  return PUBLISHED.find((one) => mcu.startsWith(one.mcu))?.stepsPerS;
}
