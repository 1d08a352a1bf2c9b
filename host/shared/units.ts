// thread: any
declare const unit: unique symbol;
/** A plain number that carries its unit in the type and nothing at run time. */
export type Unit<U extends string> = number & { readonly [unit]: U };

export type Mm = Unit<"mm">;
export type MmPerS = Unit<"mm/s">;
export type MmPerS2 = Unit<"mm/s^2">;
export type Seconds = Unit<"s">;
export type Celsius = Unit<"degC">;
/** A share from 0 to 1. */
export type Ratio = Unit<"ratio">;
/** Seconds on the monotonic clock that all threads share (`SharedClock`). */
export type HostTime = Unit<"host s">;
/** Seconds on the print clock: the first board's clock divided by its nominal frequency. */
export type PrintTime = Unit<"print s">;
/** One board's counter, widened to 64 bits and held exactly below 2^53. */
export type Ticks = Unit<"ticks">;
/** The low 32 bits of `Ticks`, as they travel on the wire. */
export type Ticks32 = Unit<"ticks32">;

export const mm = (n: number): Mm => n as Mm;
export const mmPerS = (n: number): MmPerS => n as MmPerS;
export const mmPerS2 = (n: number): MmPerS2 => n as MmPerS2;
export const seconds = (n: number): Seconds => n as Seconds;
export const celsius = (n: number): Celsius => n as Celsius;
export const ratio = (n: number): Ratio => n as Ratio;
export const hostTime = (n: number): HostTime => n as HostTime;
export const printTime = (n: number): PrintTime => n as PrintTime;
export const ticks = (n: number): Ticks => n as Ticks;
export const ticks32 = (n: number): Ticks32 => (n >>> 0) as Ticks32;

/** Speed of a G-code `F` word, which is in mm/min: the only place that divides by 60. */
export const feedrate = (mmPerMin: number): MmPerS => (mmPerMin / 60) as MmPerS;

/** Time to cover `distance` at constant `speed`. */
export const travelTime = (distance: Mm, speed: MmPerS): Seconds => seconds(distance / speed);
