// thread: feed
import type { Access } from "../access/access.js";
import { Allowances } from "../access/allowance.js";
import { ApiError } from "../api-error.js";
import { toJson } from "../json-value.js";
import type { JsonRpc } from "../moonraker/json-rpc.js";
import type { Methods } from "../moonraker/methods.js";
import type { Headers, HttpExchange } from "../server.js";
import type { Timers } from "../timers.js";
import {
  type HttpContext,
  httpCaller,
  readArguments,
  readBody,
  requireIdentity,
  sendError,
  sendJson,
} from "./context.js";
import type { Web } from "./web.js";

const API = /^\/(server|printer|machine|access|api|debug)(\/|$)/;
/** Requests from one address: a page that loads asks for hundreds of files and pictures. */
const FRIENDS = { perSecond: 500, burst: 5000 } as const;
/** Those who have not said who they are can do little but guess. */
const STRANGERS = { perSecond: 20, burst: 300 } as const;
const PREFLIGHT: Headers = {
  "access-control-allow-methods": "GET, POST, DELETE, OPTIONS, HEAD",
  "access-control-allow-headers": "Origin, Accept, Content-Type, X-Requested-With, X-Api-Key, Authorization, Range",
  "access-control-max-age": "600",
};

/** A part that answers some paths in its own way. */
export interface HttpRoute {
  matches(method: string, path: string): boolean;
  /** Answers, or throws what the client is to be told. Must ask for the body before it waits for anything. */
  handle(context: HttpContext): Promise<void> | void;
}

export interface HttpApiParts {
  readonly access: Access;
  readonly methods: Methods;
  readonly rpc: JsonRpc;
  readonly web: Web;
  readonly routes: readonly HttpRoute[];
  readonly timers: Timers;
  readonly fault: (what: string, error: unknown) => void;
}

/** Everything that is asked over HTTP: the twins of the methods, the parts with paths of their own, the pages. */
export class HttpApi {
  readonly #parts: HttpApiParts;
  readonly #friends: Allowances;
  readonly #strangers: Allowances;
  #requests = 0;

  constructor(parts: HttpApiParts) {
    this.#parts = parts;
    this.#friends = new Allowances(FRIENDS.perSecond, FRIENDS.burst, parts.timers);
    this.#strangers = new Allowances(STRANGERS.perSecond, STRANGERS.burst, parts.timers);
  }

  /** Requests so far. */
  get requests(): number {
    return this.#requests;
  }

  handle(exchange: HttpExchange): void {
    this.#requests++;
    const { access, fault } = this.#parts;
    const context: HttpContext = {
      exchange,
      visitor: access.identify(exchange),
      cors: access.corsHeaders(exchange),
      fault,
    };
    const known = context.visitor.identity !== undefined;
    if ((known ? this.#friends : this.#strangers).take(context.visitor.address)) {
      this.#route(context).catch((error: unknown) => sendError(context, error));
    } else {
      sendError(context, new ApiError(429, "too many requests: slow down"));
    }
  }

  async #route(context: HttpContext): Promise<void> {
    const { exchange } = context;
    const { method, path } = exchange;
    if (method === "OPTIONS") {
      this.#preflight(context);
      return;
    }
    const route = this.#parts.routes.find((known) => known.matches(method, path));
    if (route !== undefined) await route.handle(context);
    else if (path === "/server/jsonrpc" && method === "POST") await this.#jsonRpc(context);
    else if (API.test(path)) await this.#method(context);
    else if (method === "GET" || method === "HEAD") await this.#parts.web.serve(exchange, context.cors);
    else throw new ApiError(405, "Method Not Allowed");
  }

  #preflight(context: HttpContext): void {
    const { exchange, cors } = context;
    const allowed = cors["access-control-allow-origin"] !== undefined;
    const ask = exchange.header("access-control-request-private-network");
    const network: Headers = ask === "true" ? { "access-control-allow-private-network": "true" } : {};
    exchange.reply(204, allowed ? { ...cors, ...PREFLIGHT, ...network } : cors);
  }

  async #method(context: HttpContext): Promise<void> {
    const { exchange } = context;
    const { methods } = this.#parts;
    const verb = exchange.method === "HEAD" ? "GET" : exchange.method;
    const name = methods.route(verb, exchange.path);
    if (name === undefined) {
      if (methods.hasPath(exchange.path)) throw new ApiError(405, "Method Not Allowed");
      throw new ApiError(404, "Not Found");
    }
    const body = await readBody(exchange);
    const result = await methods.call(name, readArguments(exchange, body), httpCaller(context));
    sendJson(context, 200, `{"result":${toJson(result)}}`);
  }

  async #jsonRpc(context: HttpContext): Promise<void> {
    const body = await readBody(context.exchange);
    requireIdentity(context);
    const reply = await new Promise<string | undefined>((resolve) => {
      this.#parts.rpc.handle(body.toString("utf8"), httpCaller(context), resolve, () => true);
    });
    sendJson(context, 200, reply ?? "{}");
  }
}
