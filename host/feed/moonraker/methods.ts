// thread: feed
import { ApiError } from "../api-error.js";
import type { JsonRecord } from "../json-value.js";
import { Args } from "./args.js";
import type { Caller } from "./caller.js";

/** Answers one method: a value, a promise of one, or a thrown `ApiError`. */
export type Handler = (args: Args, caller: Caller) => unknown;

/** One method of the API. */
export interface MethodSpec {
  readonly name: string;
  /** HTTP twins: `GET /server/info`. */
  readonly http?: readonly string[];
  /** Answers also those who have not said who they are. */
  readonly open?: boolean;
  readonly handler: Handler;
}

/** All methods of the API by name, whatever the transport. */
export class Methods {
  readonly #methods = new Map<string, MethodSpec>();
  readonly #routes = new Map<string, MethodSpec>();
  readonly #components: string[] = [];
  #fallback: (name: string) => Handler | undefined = () => undefined;

  /** Names of the parts that clients may show panels for. */
  get components(): readonly string[] {
    return this.#components;
  }

  /** Adds the methods of a part; `component` is the name by which clients know it. */
  add(component: string | undefined, specs: readonly MethodSpec[]): void {
    if (component !== undefined) this.#components.push(component);
    for (const spec of specs) {
      this.#methods.set(spec.name, spec);
      for (const route of spec.http ?? []) this.#routes.set(route, spec);
    }
  }

  /** Answers names that nobody added: the endpoints of the host's modules. */
  set fallback(find: (name: string) => Handler | undefined) {
    this.#fallback = find;
  }

  /** The method that a route such as `GET /server/info` stands for. */
  route(verb: string, path: string): string | undefined {
    const known = this.#routes.get(`${verb} ${path}`);
    if (known !== undefined) return known.name;
    const name = path.slice(1).replaceAll("/", ".");
    return (verb === "GET" || verb === "POST") && this.#fallback(name) !== undefined ? name : undefined;
  }

  /** Whether some other verb would have found a method at `path`. */
  hasPath(path: string): boolean {
    return ["GET", "POST", "DELETE"].some((verb) => this.#routes.has(`${verb} ${path}`));
  }

  /** Runs a method. Throws, or rejects with, an `ApiError` for whatever the client is to be told. */
  call(name: string, params: JsonRecord, caller: Caller): unknown {
    const spec = this.#methods.get(name);
    const handler = spec?.handler ?? this.#fallback(name);
    if (handler === undefined) throw new ApiError(404, "Method not found");
    if (caller.identity === undefined && spec?.open !== true) throw new ApiError(401, "Unauthorized");
    return handler(new Args(params), caller);
  }

  names(): string[] {
    return [...this.#methods.keys()];
  }
}
