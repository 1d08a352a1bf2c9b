// thread: host
import type { SnapshotValues } from "./live-values.js";
import type { PrinterObjects, StatusObject, StatusShape } from "./status.js";

/** One module's share of a printer object. */
interface Source {
  readonly status: () => StatusObject;
  readonly shape: StatusShape | undefined;
}

interface Entry {
  readonly sources: Source[];
  /** What the sources gave when `merged` was made. */
  parts: readonly StatusObject[];
  merged: StatusObject;
  /** Snapshot that `full` was made from; -1 before the first. */
  count: number;
  full: StatusObject;
}

const EMPTY: StatusObject = Object.freeze({});

function joinShapes(shapes: readonly StatusShape[]): StatusShape {
  const join = (pick: (shape: StatusShape) => readonly string[] | undefined) =>
    shapes.flatMap((one) => pick(one) ?? []);
  return {
    floats: join((shape) => shape.floats),
    ints: join((shape) => shape.ints),
    tuples: join((shape) => shape.tuples),
    coordinates: join((shape) => shape.coordinates),
  };
}

/** Everything that has a status: what modules show, and the machine's newest numbers. */
export class ObjectTable implements PrinterObjects {
  readonly #entries = new Map<string, Entry>();
  readonly #live: SnapshotValues;
  #shapes = new Map<string, StatusShape>();

  constructor(live: SnapshotValues) {
    this.#live = live;
  }

  /** Adds a share of an object; fields of later ones win. */
  add(name: string, status: () => StatusObject, shape: StatusShape | undefined): void {
    const entry = this.#entries.get(name) ?? { sources: [], parts: [], merged: EMPTY, count: -1, full: EMPTY };
    entry.sources.push({ status, shape });
    this.#entries.set(name, entry);
    this.#shapes = new Map();
  }

  get names(): readonly string[] {
    return [...new Set([...this.#entries.keys(), ...this.#live.objects])];
  }

  /** What modules show of the object, without the machine's numbers: the same object until something changes. */
  hostStatus(name: string): StatusObject | undefined {
    const entry = this.#entries.get(name);
    return entry === undefined ? undefined : this.#merge(entry);
  }

  status(name: string): StatusObject | undefined {
    const entry = this.#entries.get(name);
    const isLive = this.#live.fields(name).length > 0;
    if (entry === undefined) return isLive ? Object.freeze(this.#live.status(name)) : undefined;
    const before = entry.merged;
    const own = this.#merge(entry);
    if (!isLive) return own;
    const { count } = this.#live;
    if (entry.count !== count || own !== before) {
      entry.count = count;
      entry.full = Object.freeze({ ...this.#live.status(name), ...own });
    }
    return entry.full;
  }

  shape(name: string): StatusShape | undefined {
    const entry = this.#entries.get(name);
    const fields = this.#live.fields(name);
    if (entry === undefined && fields.length === 0) return undefined;
    const known = this.#shapes.get(name);
    if (known !== undefined) return known;
    const floats = fields.filter(({ kind, digits }) => kind !== "axes" && kind !== "boolean" && digits > 0);
    const machine: StatusShape = {
      floats: floats.map(({ field }) => field),
      coordinates: fields.filter(({ kind, width }) => kind === "list" && width === 4).map(({ field }) => field),
    };
    const shape = joinShapes([machine, ...(entry?.sources ?? []).flatMap(({ shape: own }) => own ?? [])]);
    this.#shapes.set(name, shape);
    return shape;
  }

  #merge(entry: Entry): StatusObject {
    const parts = entry.sources.map(({ status }) => status());
    if (parts.every((part, i) => part === entry.parts[i]) && entry.parts.length === parts.length) return entry.merged;
    entry.parts = parts;
    const [only] = parts;
    entry.merged = parts.length === 1 && only !== undefined ? only : Object.freeze(Object.assign({}, ...parts));
    return entry.merged;
  }
}
