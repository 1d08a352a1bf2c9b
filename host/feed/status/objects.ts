// thread: feed
import {
  fieldValue,
  SNAPSHOT_COUNT,
  type SnapshotField,
  type SnapshotLayout,
  SnapshotReader,
} from "../../shared/snapshot.js";
import { type HostTime, hostTime } from "../../shared/units.js";
import { toJson } from "../json-value.js";
import type { ObjectUpdate } from "../messages.js";

/** What a client wants of one object: some fields, or all of them (`null`). */
export interface Selected {
  readonly name: string;
  readonly fields: readonly string[] | null;
}

interface Field {
  readonly key: string;
  value: unknown;
  /** JSON of the value at the last commit; empty before the first. */
  text: string;
  /** The commit at which `text` changed last. */
  version: number;
  dirty: boolean;
  gone: boolean;
  /** Filled from the snapshot: what the host publishes for it is ignored. */
  live: boolean;
}

interface StatusObject {
  readonly key: string;
  readonly fields: Map<string, Field>;
  version: number;
  live: boolean;
  changedAt: HostTime;
  /** Whole state as JSON, until something changes. */
  full: string | undefined;
  /** The last differences that were asked for, for the next client with the same question. */
  changes: string;
  changesSince: number;
  changesVersion: number;
}

interface Binding {
  readonly spec: SnapshotField;
  readonly object: StatusObject;
  readonly field: Field;
}

/**
 * The present status of all printer objects, merged from what the host publishes and from the machine's snapshot.
 *
 * Every field is encoded once per commit in which it changed, and remembers that commit's number. The differences for
 * a client are then all fields that are newer than what it has seen, however long ago that was: no client needs a
 * queue of its own.
 */
export class StatusObjects {
  readonly #objects = new Map<string, StatusObject>();
  readonly #broken: (name: string, field: string, error: unknown) => void;
  #dirty: { object: StatusObject; name: string; field: Field; fieldName: string; time: HostTime }[] = [];
  #version = 1;
  #reader: SnapshotReader | undefined;
  #bindings: readonly Binding[] = [];
  #seenCount = -1;
  #seen = new Float64Array(0);
  readonly #reported = new Set<string>();

  /** `broken` is told, once for each, of fields whose value cannot be encoded: their last good state is kept. */
  constructor(broken: (name: string, field: string, error: unknown) => void) {
    this.#broken = broken;
  }

  /** Number of the newest commit: what a client that just got the whole state has seen. */
  get version(): number {
    return this.#version;
  }

  names(): string[] {
    return [...this.#objects.keys()];
  }

  has(name: string): boolean {
    return this.#objects.has(name);
  }

  /** Takes over what the host says, valid at `time`. Nothing is encoded before the next commit. */
  apply(update: ObjectUpdate, time: HostTime): void {
    const object = this.#object(update.name);
    for (const fieldName of Object.keys(update.fields)) {
      const field = this.#field(object, fieldName);
      if (field.live) continue;
      field.value = update.fields[fieldName];
      if (field.gone) object.full = undefined;
      field.gone = false;
      this.#touch(update.name, object, fieldName, field, time);
    }
    for (const fieldName of update.gone ?? []) {
      const field = object.fields.get(fieldName);
      if (field === undefined || field.live) continue;
      field.value = null;
      field.gone = true;
      object.full = undefined;
      this.#touch(update.name, object, fieldName, field, time);
    }
  }

  remove(names: readonly string[]): void {
    for (const name of names) this.#objects.delete(name);
  }

  /** Forgets all objects, as at a restart of the printer. */
  clear(): void {
    this.detach();
    this.#objects.clear();
    this.#dirty = [];
    this.#reported.clear();
  }

  /** From now on the fields of `layout` come from this snapshot. */
  attach(buffer: SharedArrayBuffer, layout: SnapshotLayout): void {
    this.detach();
    this.#reader = new SnapshotReader(buffer);
    this.#seen = new Float64Array(layout.slots).fill(Number.NaN);
    this.#seenCount = -1;
    this.#bindings = layout.fields.map((spec) => {
      const object = this.#object(spec.object);
      const field = this.#field(object, spec.field);
      field.live = true;
      field.gone = false;
      object.live = true;
      return { spec, object, field };
    });
  }

  /** The numbers of the last snapshot stay as they are; the host may publish over them again. */
  detach(): void {
    for (const { object, field } of this.#bindings) {
      field.live = false;
      object.live = false;
    }
    this.#bindings = [];
    this.#reader = undefined;
  }

  /** When the newest snapshot that was read had been taken; `undefined` without a snapshot. */
  get snapshotTime(): HostTime | undefined {
    return this.#reader === undefined || this.#seenCount <= 0 ? undefined : this.#reader.time;
  }

  /** Encodes what changed since the last commit. Cheap when nothing did. */
  commit(): void {
    const next = this.#version + 1;
    const host = this.#commitHost(next);
    const live = this.#commitSnapshot(next);
    if (host || live) this.#version = next;
  }

  /** The newest value of a field, for our own use; `undefined` when there is none. */
  value(name: string, fieldName: string): unknown {
    const field = this.#objects.get(name)?.fields.get(fieldName);
    return field === undefined || field.gone ? undefined : field.value;
  }

  /** Names of the fields of an object, committed or not. */
  fieldNames(name: string): string[] {
    const object = this.#objects.get(name);
    return object === undefined ? [] : [...object.fields].filter(([, field]) => !field.gone).map(([key]) => key);
  }

  /** JSON of the complete state of what is asked. Unknown objects are `{}`, unknown fields null. */
  state(selection: readonly Selected[]): string {
    const parts: string[] = [];
    for (const { name, fields } of selection) {
      const object = this.#objects.get(name);
      if (object === undefined) parts.push(`${JSON.stringify(name)}:{}`);
      else parts.push(`${object.key}:${fields === null ? fullText(object) : chosenText(object, fields)}`);
    }
    return `{${parts.join(",")}}`;
  }

  /** JSON of all that changed after the commit `since`, or `undefined` when nothing did. */
  changes(selection: readonly Selected[], since: number): string | undefined {
    const parts: string[] = [];
    for (const { name, fields } of selection) {
      const object = this.#objects.get(name);
      if (object === undefined || object.version <= since) continue;
      const text = fields === null ? this.#allChanges(object, since) : changedText(object, fields, since);
      if (text !== "") parts.push(`${object.key}:{${text}}`);
    }
    return parts.length === 0 ? undefined : `{${parts.join(",")}}`;
  }

  /**
   * Age of each object in s at `now`: objects that the machine fills are as old as the snapshot, all others as old as
   * the host's last sign of life, at which it would have published a change.
   */
  ages(now: HostTime, hostConfirmed: HostTime): Record<string, number> {
    const live = this.snapshotTime ?? hostConfirmed;
    const ages: Record<string, number> = {};
    for (const [name, object] of this.#objects) {
      ages[name] = rounded(Math.max(0, now - (object.live ? live : hostConfirmed)));
    }
    return ages;
  }

  /** Time in s since each object last changed. */
  sinceChange(now: HostTime): Record<string, number> {
    const times: Record<string, number> = {};
    for (const [name, object] of this.#objects) times[name] = rounded(Math.max(0, now - object.changedAt));
    return times;
  }

  #commitHost(next: number): boolean {
    if (this.#dirty.length === 0) return false;
    const dirty = this.#dirty;
    this.#dirty = [];
    let changed = false;
    for (const { object, name, field, fieldName, time } of dirty) {
      field.dirty = false;
      const text = this.#encode(name, fieldName, field);
      if (text === undefined || text === field.text) continue;
      changed = true;
      store(object, field, text, next, time);
    }
    return changed;
  }

  #commitSnapshot(next: number): boolean {
    const reader = this.#reader;
    if (reader === undefined) return false;
    const values = reader.read();
    const count = values[SNAPSHOT_COUNT] ?? 0;
    if (count === 0 || count === this.#seenCount) return false;
    this.#seenCount = count;
    let changed = false;
    for (const { spec, object, field } of this.#bindings) {
      if (!this.#slotsDiffer(spec, values)) continue;
      field.value = fieldValue(spec, values);
      const text = toJson(field.value);
      if (text === field.text) continue;
      changed = true;
      store(object, field, text, next, reader.time);
    }
    this.#seen.set(values.subarray(0, this.#seen.length));
    return changed;
  }

  #slotsDiffer(spec: SnapshotField, values: Float64Array): boolean {
    for (let slot = spec.slot; slot < spec.slot + Math.max(1, spec.width); slot++) {
      if (!Object.is(values[slot], this.#seen[slot])) return true;
    }
    return false;
  }

  #encode(name: string, fieldName: string, field: Field): string | undefined {
    try {
      return toJson(field.value);
    } catch (error) {
      const place = `${name}.${fieldName}`;
      if (!this.#reported.has(place)) {
        this.#reported.add(place);
        this.#broken(name, fieldName, error);
      }
      return undefined;
    }
  }

  #allChanges(object: StatusObject, since: number): string {
    if (object.changesVersion !== this.#version || object.changesSince !== since) {
      object.changes = changedText(object, object.fields.keys(), since);
      object.changesSince = since;
      object.changesVersion = this.#version;
    }
    return object.changes;
  }

  #touch(name: string, object: StatusObject, fieldName: string, field: Field, time: HostTime): void {
    if (field.dirty) return;
    field.dirty = true;
    this.#dirty.push({ object, name, field, fieldName, time });
  }

  #object(name: string): StatusObject {
    const known = this.#objects.get(name);
    if (known !== undefined) return known;
    const object: StatusObject = {
      key: JSON.stringify(name),
      fields: new Map(),
      version: 0,
      live: false,
      changedAt: hostTime(0),
      full: undefined,
      changes: "",
      changesSince: -1,
      changesVersion: -1,
    };
    this.#objects.set(name, object);
    return object;
  }

  #field(object: StatusObject, name: string): Field {
    const known = object.fields.get(name);
    if (known !== undefined) return known;
    const field: Field = {
      key: JSON.stringify(name),
      value: undefined,
      text: "",
      version: 0,
      dirty: false,
      gone: false,
      live: false,
    };
    object.fields.set(name, field);
    return field;
  }
}

const rounded = (seconds: number): number => Number(seconds.toFixed(3));

function store(object: StatusObject, field: Field, text: string, version: number, time: HostTime): void {
  field.text = text;
  field.version = version;
  object.version = version;
  object.changedAt = time;
  object.full = undefined;
}

function fullText(object: StatusObject): string {
  if (object.full === undefined) {
    const parts: string[] = [];
    for (const field of object.fields.values()) {
      if (!field.gone && field.text !== "") parts.push(`${field.key}:${field.text}`);
    }
    object.full = `{${parts.join(",")}}`;
  }
  return object.full;
}

function chosenText(object: StatusObject, names: readonly string[]): string {
  const parts = names.map((name) => {
    const field = object.fields.get(name);
    return `${JSON.stringify(name)}:${field === undefined || field.text === "" ? "null" : field.text}`;
  });
  return `{${parts.join(",")}}`;
}

function changedText(object: StatusObject, names: Iterable<string>, since: number): string {
  const parts: string[] = [];
  for (const name of names) {
    const field = object.fields.get(name);
    if (field !== undefined && field.version > since) parts.push(`${field.key}:${field.text}`);
  }
  return parts.join(",");
}
