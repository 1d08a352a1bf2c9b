// thread: host

/** What a printer object shows: frozen, and a new object whenever anything in it has changed. */
export type StatusObject = Readonly<Record<string, unknown>>;

/**
 * Which parts of a status object are floats, tuples and coordinates: JSON does not say, but a macro must print `10.0`
 * and `(1.0, 2.0)`. A path is made of keys with dots between them, `*` stands for any key or index, and what it says
 * about numbers holds for everything below. The longer path wins: `{ floats: ["*"], ints: ["stalls"] }`.
 */
export interface StatusShape {
  /** Numbers that are floats. Other integral numbers are ints. */
  readonly floats?: readonly string[];
  /** Exceptions from `floats`. */
  readonly ints?: readonly string[];
  /** Arrays that are tuples. Other arrays are lists. */
  readonly tuples?: readonly string[];
  /** Arrays that are tuples whose elements are also called x, y, z and e. */
  readonly coordinates?: readonly string[];
}

/** Everything that clients and macros may look at. */
export interface PrinterObjects {
  /** Names of all objects that have a status: `toolhead`, `extruder`, `heater_fan hotend`. */
  readonly names: readonly string[];
  /**
   * What the object shows now, the machine's newest numbers included; `undefined` when there is no such object or it
   * shows nothing. Frozen, and the same object until something changes.
   */
  status(name: string): StatusObject | undefined;
  /** How templates print it. */
  shape(name: string): StatusShape | undefined;
}
