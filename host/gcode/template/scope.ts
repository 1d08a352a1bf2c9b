// thread: host
import type { Value } from "./values.js";

/** The names that are visible at one place of a template: its own, then those of the blocks around it. */
export class Scope {
  readonly #parent: Scope | undefined;
  readonly #outside: readonly ReadonlyMap<string, Value>[];
  #own: Map<string, Value> | undefined;

  private constructor(parent: Scope | undefined, outside: readonly ReadonlyMap<string, Value>[]) {
    this.#parent = parent;
    this.#outside = outside;
  }

  /** The outermost scope of a render. Names that the template does not set are looked up in `outside`, in order. */
  static root(outside: readonly ReadonlyMap<string, Value>[]): Scope {
    return new Scope(undefined, outside);
  }

  /** A scope inside this one. */
  inner(): Scope {
    return new Scope(this, this.#outside);
  }

  get(name: string): Value | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#parent) {
      const value = scope.#own?.get(name);
      if (value !== undefined) return value;
    }
    for (const names of this.#outside) {
      const value = names.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  set(name: string, value: Value): void {
    this.#own ??= new Map();
    this.#own.set(name, value);
  }

  /** Every visible name, for suggestions. */
  names(): string[] {
    const names: string[] = [];
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#parent) {
      names.push(...(scope.#own?.keys() ?? []));
    }
    for (const outside of this.#outside) names.push(...outside.keys());
    return names;
  }
}
