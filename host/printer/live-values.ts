// thread: host
import {
  fieldValue,
  SNAPSHOT_COUNT,
  type SnapshotField,
  type SnapshotLayout,
  SnapshotReader,
} from "../shared/snapshot.js";
import type { LiveValues } from "./hardware.js";

const NO_FIELDS: readonly SnapshotField[] = [];

/** The newest numbers of machine, by printer object and field. Empty before the machine is configured. */
export class SnapshotValues implements LiveValues {
  #reader: SnapshotReader | undefined;
  readonly #byName = new Map<string, SnapshotField>();
  readonly #byObject = new Map<string, SnapshotField[]>();

  attach(buffer: SharedArrayBuffer, layout: SnapshotLayout): void {
    this.#reader = new SnapshotReader(buffer);
    for (const field of layout.fields) {
      this.#byName.set(`${field.object}\n${field.field}`, field);
      if (field.hidden === true) continue;
      const fields = this.#byObject.get(field.object) ?? [];
      fields.push(field);
      this.#byObject.set(field.object, fields);
    }
  }

  number(object: string, field: string): number {
    const found = this.#byName.get(`${object}\n${field}`);
    return found === undefined ? Number.NaN : (this.#reader?.read()[found.slot] ?? Number.NaN);
  }

  list(object: string, field: string): readonly number[] | undefined {
    const found = this.#byName.get(`${object}\n${field}`);
    const values = found === undefined ? undefined : this.#reader?.read();
    if (found === undefined || values === undefined) return undefined;
    return Array.from(values.subarray(found.slot, found.slot + found.width));
  }

  /** Objects that have numbers of the machine. */
  get objects(): readonly string[] {
    return [...this.#byObject.keys()];
  }

  /** Which numbers of the machine an object shows. */
  fields(object: string): readonly SnapshotField[] {
    return this.#byObject.get(object) ?? NO_FIELDS;
  }

  /** Counts up with each snapshot. */
  get count(): number {
    return this.#reader?.read()[SNAPSHOT_COUNT] ?? 0;
  }

  /** The fields of an object as clients see them; those that are no number yet are `null`. */
  status(object: string): Readonly<Record<string, unknown>> {
    const values = this.#reader?.read();
    if (values === undefined) return {};
    return Object.fromEntries(this.fields(object).map((field) => [field.field, fieldValue(field, values)]));
  }
}
