// thread: host
import type { Parts, Services } from "./module.js";

type PartTables = { [K in keyof Parts]?: Map<string, Parts[K]> };

/** What modules offer each other. */
export class Registry {
  readonly #services: Partial<Services> = {};
  readonly #parts: PartTables = {};

  /** False when there is one already. */
  offer<K extends keyof Services>(service: K, value: Services[K]): boolean {
    if (this.#services[service] !== undefined) return false;
    this.#services[service] = value;
    return true;
  }

  find<K extends keyof Services>(service: K): Services[K] | undefined {
    return this.#services[service];
  }

  /** False when there is one of that name already. */
  offerPart<K extends keyof Parts>(kind: K, name: string, value: Parts[K]): boolean {
    const table: Map<string, Parts[K]> = this.#parts[kind] ?? new Map<string, Parts[K]>();
    if (table.has(name)) return false;
    table.set(name, value);
    const tables: { [P in K]?: Map<string, Parts[P]> } = this.#parts;
    tables[kind] = table;
    return true;
  }

  parts<K extends keyof Parts>(kind: K): ReadonlyMap<string, Parts[K]> {
    return this.#parts[kind] ?? new Map<string, Parts[K]>();
  }
}
