// thread: any

/** Where a field lies in its register: lowest bit, number of bits, and whether it is a signed number. */
export type FieldPlace = readonly [low: number, bits: number, isSigned?: "signed"];

/** A register of a driver. */
export interface RegisterLayout {
  readonly address: number;
  readonly fields: Readonly<Record<string, FieldPlace>>;
}

/** Registers of a kind of driver by their names in the data sheet; fields in lower case. */
export type Registers = Readonly<Record<string, RegisterLayout>>;

/** Value of a field in a register's 32 bits. */
export function fieldOf(register: number, [low, bits, sign]: FieldPlace): number {
  const value = Math.floor((register >>> 0) / 2 ** low) % 2 ** bits;
  return sign === "signed" && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/** The register with another value in a field; bits that do not fit are cut off. */
export function withField(register: number, [low, bits]: FieldPlace, value: number): number {
  const mask = 2 ** bits - 1;
  const cleared = ((register >>> 0) & ~((mask << low) >>> 0)) >>> 0;
  return (cleared | ((((value & mask) >>> 0) << low) >>> 0)) >>> 0;
}

/** Least and greatest value of a field. */
export function fieldRange([, bits, sign]: FieldPlace): readonly [min: number, max: number] {
  return sign === "signed" ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/** What the registers of one driver are to hold. Those that were never set are not written. */
export class TmcFields {
  readonly registers: Registers;
  readonly #values = new Map<string, number>();
  readonly #registerOf = new Map<string, string>();

  constructor(registers: Registers) {
    this.registers = registers;
    for (const [name, { fields }] of Object.entries(registers)) {
      for (const field of Object.keys(fields)) if (!this.#registerOf.has(field)) this.#registerOf.set(field, name);
    }
  }

  /** Names of all fields. */
  get names(): readonly string[] {
    return [...this.#registerOf.keys()];
  }

  /** Registers that have a value, in the order in which they got it. */
  get written(): ReadonlyMap<string, number> {
    return this.#values;
  }

  /** Register of a field; `undefined` when this kind of driver has no such field. */
  registerOf(field: string): string | undefined {
    return this.#registerOf.get(field);
  }

  placeOf(field: string): FieldPlace | undefined {
    const register = this.#registerOf.get(field);
    return register === undefined ? undefined : this.registers[register]?.fields[field];
  }

  has(field: string): boolean {
    return this.#registerOf.has(field);
  }

  get(field: string): number {
    const register = this.#registerOf.get(field);
    const place = this.placeOf(field);
    return register === undefined || place === undefined ? 0 : fieldOf(this.#values.get(register) ?? 0, place);
  }

  /** Sets a field, when this kind of driver has it, and returns its register. */
  set(field: string, value: number): string | undefined {
    const register = this.#registerOf.get(field);
    const place = this.placeOf(field);
    if (register === undefined || place === undefined) return undefined;
    this.#values.set(register, withField(this.#values.get(register) ?? 0, place, value));
    return register;
  }

  /** The register and its fields that are not 0, as one line. */
  describe(register: string, value: number): string {
    const fields = Object.entries(this.registers[register]?.fields ?? {}).flatMap(([name, place]) => {
      const own = fieldOf(value, place);
      return own === 0 ? [] : [`${name}=${own}`];
    });
    return `${`${register}:`.padEnd(13)}${(value >>> 0).toString(16).padStart(8, "0")} ${fields.join(" ")}`.trimEnd();
  }
}
