// thread: feed
import { ApiError } from "../api-error.js";
import { isRecord, isStringList, type JsonRecord, member } from "../json-value.js";
import type { Storage, Table } from "../storage.js";
import type { Args } from "./args.js";
import type { Methods } from "./methods.js";

/** Kept by this server itself: clients may read them. */
const PROTECTED = new Set([
  "moonraker",
  "gcode_metadata",
  "history",
  "announcements",
  "webcams",
  "update_manager",
  "authorized_users",
]);
const MAX_NAME = 256;
const MAX_DEPTH = 32;

/** Contents of a namespace that another part keeps. */
export type NamespaceView = () => JsonRecord;

const asIs = (value: unknown): unknown => value;

/**
 * The store that clients keep their settings in: namespaces of nested objects. Everything is in memory, and each
 * top-level member of a namespace is one record on disk.
 */
export class ClientDatabase {
  readonly #table: Table<unknown>;
  readonly #namespaces = new Map<string, Map<string, unknown>>();
  readonly #views = new Map<string, NamespaceView>();
  readonly #backups: () => readonly string[];

  /** `backups` names the copies of the whole database that there are. */
  constructor(storage: Storage, backups: () => readonly string[]) {
    this.#backups = backups;
    this.#table = storage.table("items", asIs);
    for (const [key, value] of this.#table.entries()) {
      if (!isStringList(key)) continue;
      const [namespace, name] = key;
      if (namespace !== undefined && name !== undefined) this.#namespace(namespace).set(name, value);
    }
  }

  /** Shows what another part keeps as a namespace that can be read. */
  show(namespace: string, view: NamespaceView): void {
    this.#views.set(namespace, view);
  }

  register(methods: Methods): void {
    methods.add("database", [
      {
        name: "server.database.list",
        http: ["GET /server/database/list"],
        handler: () => ({ namespaces: this.#names(), backups: this.#backups() }),
      },
      { name: "server.database.get_item", http: ["GET /server/database/item"], handler: (args) => this.#get(args) },
      { name: "server.database.post_item", http: ["POST /server/database/item"], handler: (args) => this.#post(args) },
      {
        name: "server.database.delete_item",
        http: ["DELETE /server/database/item"],
        handler: (args) => this.#delete(args),
      },
    ]);
  }

  #names(): string[] {
    return [...new Set([...this.#views.keys(), ...this.#namespaces.keys()])].sort();
  }

  #get(args: Args): JsonRecord {
    const namespace = args.string("namespace");
    const key = args.optional("key");
    const content = this.#content(namespace);
    if (content === undefined) throw new ApiError(404, `Namespace '${namespace}' not found`);
    if (key === undefined) return { namespace, key: null, value: content };
    const value = walk(content, keyParts(key));
    if (value === undefined) throw new ApiError(404, `Key '${keyText(key)}' in namespace '${namespace}' not found`);
    return { namespace, key, value };
  }

  async #post(args: Args): Promise<JsonRecord> {
    const namespace = args.string("namespace");
    const key = args.any("key");
    const value = args.any("value");
    const parts = keyParts(key);
    this.#requireWritable(namespace);
    if (namespace === "" || namespace.length > MAX_NAME) throw new ApiError(400, "Invalid namespace");
    const [top, ...rest] = parts;
    const records = this.#namespace(namespace);
    const changed = withValue(records.get(top), rest, value);
    records.set(top, changed);
    await this.#table.put([namespace, top], changed);
    return { namespace, key, value };
  }

  async #delete(args: Args): Promise<JsonRecord> {
    const namespace = args.string("namespace");
    const key = args.any("key");
    const parts = keyParts(key);
    this.#requireWritable(namespace);
    const records = this.#namespaces.get(namespace);
    if (records === undefined) throw new ApiError(404, `Namespace '${namespace}' not found`);
    const value = walk(Object.fromEntries(records), parts);
    if (value === undefined) throw new ApiError(404, `Key '${keyText(key)}' in namespace '${namespace}' not found`);
    const [top, ...rest] = parts;
    if (rest.length === 0) {
      records.delete(top);
      if (records.size === 0) this.#namespaces.delete(namespace);
      await this.#table.remove([namespace, top]);
    } else {
      const changed = withoutValue(records.get(top), rest);
      records.set(top, changed);
      await this.#table.put([namespace, top], changed);
    }
    return { namespace, key, value };
  }

  #requireWritable(namespace: string): void {
    if (!PROTECTED.has(namespace) && !this.#views.has(namespace)) return;
    throw new ApiError(403, `Namespace '${namespace}' is kept by the server and cannot be changed`);
  }

  #content(namespace: string): JsonRecord | undefined {
    const view = this.#views.get(namespace);
    if (view !== undefined) return view();
    const records = this.#namespaces.get(namespace);
    return records === undefined ? undefined : Object.fromEntries(records);
  }

  #namespace(name: string): Map<string, unknown> {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    const made = new Map<string, unknown>();
    this.#namespaces.set(name, made);
    return made;
  }
}

type Path = readonly [string, ...string[]];

/** A key as a list of parts; a text is split at its dots. */
function keyParts(key: unknown): Path {
  const parts = typeof key === "string" ? key.split(".") : isStringList(key) ? key : [];
  const [first, ...rest] = parts;
  const usable = parts.length <= MAX_DEPTH && parts.every((part) => part !== "" && part.length <= MAX_NAME);
  if (first === undefined || !usable) {
    throw new ApiError(400, `Argument [key] must be a text or a list of 1 to ${MAX_DEPTH} texts`);
  }
  return [first, ...rest];
}

const keyText = (key: unknown): string => (Array.isArray(key) ? key.join(".") : String(key));

function walk(content: JsonRecord, parts: readonly string[]): unknown {
  let value: unknown = content;
  for (const part of parts) value = isRecord(value) ? member(value, part) : undefined;
  return value;
}

/** A copy of `content` with `value` at a path; what is in the way and no object is replaced. */
function withValue(content: unknown, parts: readonly string[], value: unknown): unknown {
  const [part, ...rest] = parts;
  if (part === undefined) return value;
  const record = isRecord(content) ? content : {};
  return define(record, part, withValue(member(record, part), rest, value));
}

function withoutValue(content: unknown, parts: readonly string[]): unknown {
  const [part, ...rest] = parts;
  if (part === undefined || !isRecord(content)) return content;
  if (rest.length > 0) return define(content, part, withoutValue(member(content, part), rest));
  return Object.fromEntries(Object.entries(content).filter(([name]) => name !== part));
}

/** A copy with one more member, whatever its name: `__proto__` is a name like any other. */
const define = (record: JsonRecord, name: string, value: unknown): JsonRecord =>
  Object.fromEntries([...Object.entries(record).filter(([key]) => key !== name), [name, value]]);
