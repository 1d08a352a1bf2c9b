// thread: any

/** Result of an I2C transfer: the name of an `i2c_bus_status`, and what was read. */
export interface I2cResult {
  readonly status: string;
  readonly data: Uint8Array;
}

/** Register value of a thermocouple or RTD chip; `fault` is 0 for a good one. */
export interface ThermocoupleReading {
  readonly value: number;
  readonly fault: number;
}

/** What one board's pins are connected to. Pins are the board's numbers, times its own 64-bit clock. */
export interface BoardWorld {
  /** An output has this level from now on, or this duty from 0 to 1 when it is pulsed. */
  output(pin: number, duty: number, ticks: number): void;
  /** Level of an input. */
  input(pin: number, ticks: number): boolean;
  /** Voltage at an analog input, from 0 to 1 of the reference. */
  analog(pin: number, ticks: number): number;
  /** How many edges an input has seen so far. */
  edges(pin: number, ticks: number): number;
  /** A stepper was configured; `position` tells its net steps at any clock not earlier than it was last asked for. */
  attachStepper(stepPin: number, position: (ticks: number) => number, ticks: number): void;
  /** A transfer to the chip that is selected by a pin (-1 without one); gives as many bytes back. */
  spi(selectPin: number, bytes: Uint8Array, ticks: number): Uint8Array;
  /** What the thermocouple or RTD chip behind a select pin reads. */
  thermocouple(selectPin: number, ticks: number): ThermocoupleReading;
  /** A datagram on a TMC's single-wire UART; undefined when nobody answers it. */
  uart(rxPin: number, txPin: number, bytes: Uint8Array, ticks: number): Uint8Array | undefined;
  i2c(address: number, write: Uint8Array, readLength: number, ticks: number): I2cResult;
  /** The board has restarted: its pins float and its steppers are gone. */
  reset(ticks: number): void;
}

/** Connected to nothing: inputs are low, nobody answers. */
export const EMPTY_WORLD: BoardWorld = {
  output: () => {},
  input: () => false,
  analog: () => 0,
  edges: () => 0,
  attachStepper: () => {},
  spi: (_select, bytes) => new Uint8Array(bytes.length),
  thermocouple: () => ({ value: 0, fault: 1 }),
  uart: () => undefined,
  i2c: (_address, _write, readLength) => ({ status: "START_NACK", data: new Uint8Array(readLength) }),
  reset: () => {},
};
