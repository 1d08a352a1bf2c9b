// thread: feed
import { type ApiError, toApiError } from "../api-error.js";
import { isRecord, type JsonRecord, member, parseJson, toJson } from "../json-value.js";
import type { Caller } from "./caller.js";
import type { Methods } from "./methods.js";

const NOT_JSON = -32700;
const NOT_A_REQUEST = -32600;
const BAD_PARAMS = -32602;
const TOO_MANY = 429;
/** Requests in one frame. */
const MAX_BATCH = 1000;

/** Text of a reply; notifications get none. */
export type Reply = string | undefined;

/** Text of an error reply. */
export function errorReply(code: number, message: string, id: unknown): string {
  return `{"jsonrpc":"2.0","error":{"code":${code},"message":${JSON.stringify(message)}},"id":${toJson(id)}}`;
}

/** Text of a notification. Without a payload there is no `params` member at all. */
export function notification(method: string, payload?: unknown): string {
  const params = payload === undefined ? "" : `,"params":[${toJson(payload)}]`;
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${params}}`;
}

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;

/** JSON-RPC 2.0 over any transport: single requests and batches. */
export class JsonRpc {
  readonly #methods: Methods;
  readonly #fault: (method: string, error: unknown) => void;
  #answered: (message: JsonRecord) => boolean = () => false;

  /** `fault` is told of errors that are ours, not the client's. */
  constructor(methods: Methods, fault: (method: string, error: unknown) => void) {
    this.#methods = methods;
    this.#fault = fault;
  }

  /** Takes what clients answer to calls of ours; returns whether it was such an answer. */
  set answers(take: (message: JsonRecord) => boolean) {
    this.#answered = take;
  }

  /**
   * Answers one frame. `finish` is called exactly once, with the text of the reply or `undefined` when there is none:
   * at once when nothing had to be waited for, later otherwise. `admit` says whether so many requests are allowed now.
   */
  handle(text: string, caller: Caller, finish: (reply: Reply) => void, admit: (count: number) => boolean): void {
    const value = parseJson(text);
    if (value === undefined) {
      finish(errorReply(NOT_JSON, "Parse error", null));
      return;
    }
    if (!admit(Array.isArray(value) ? value.length : 1)) {
      finish(
        errorReply(TOO_MANY, "too many requests: slow down", isRecord(value) ? plainId(member(value, "id")) : null),
      );
      return;
    }
    const reply = Array.isArray(value) ? this.#batch(value, caller) : this.#one(value, caller);
    if (isPromise(reply)) {
      reply.then(finish).catch((error: unknown) => this.#fault("", error));
    } else {
      finish(reply);
    }
  }

  #batch(requests: readonly unknown[], caller: Caller): Reply | Promise<Reply> {
    if (requests.length === 0 || requests.length > MAX_BATCH) {
      return errorReply(NOT_A_REQUEST, `a batch holds 1 to ${MAX_BATCH} requests`, null);
    }
    const replies = requests.map((request) => this.#one(request, caller));
    return replies.some(isPromise) ? Promise.all(replies).then(joined) : joined(replies);
  }

  #one(request: unknown, caller: Caller): Reply | Promise<Reply> {
    if (!isRecord(request)) return errorReply(NOT_A_REQUEST, "Invalid Request", null);
    const id = member(request, "id");
    const isNotification = id === undefined;
    const method = member(request, "method");
    if (member(request, "jsonrpc") !== "2.0" || typeof method !== "string") {
      if (method === undefined && this.#answered(request)) return undefined;
      return errorReply(NOT_A_REQUEST, "Invalid Request", plainId(id));
    }
    const params = member(request, "params") ?? {};
    if (!isRecord(params)) {
      return isNotification ? undefined : errorReply(BAD_PARAMS, "Invalid params: an object is needed", plainId(id));
    }
    const reply = this.#call(method, params, caller, plainId(id));
    if (!isNotification) return reply;
    return isPromise(reply) ? reply.then(() => undefined) : undefined;
  }

  #call(method: string, params: JsonRecord, caller: Caller, id: unknown): string | Promise<string> {
    try {
      const result = this.#methods.call(method, params, caller);
      if (!isPromise(result)) return resultReply(result, id);
      return result.then((value) => resultReply(value, id)).catch((error: unknown) => this.#failed(method, error, id));
    } catch (error) {
      return this.#failed(method, error, id);
    }
  }

  #failed(method: string, error: unknown, id: unknown): string {
    const told: ApiError = toApiError(error);
    if (told.status === 500) this.#fault(method, error);
    return errorReply(told.rpcCode, told.message, id);
  }
}

const resultReply = (result: unknown, id: unknown): string =>
  `{"jsonrpc":"2.0","result":${toJson(result)},"id":${toJson(id)}}`;

const plainId = (id: unknown): unknown => (typeof id === "string" || typeof id === "number" ? id : null);

function joined(replies: readonly unknown[]): Reply {
  const texts = replies.filter((reply) => typeof reply === "string");
  return texts.length === 0 ? undefined : `[${texts.join(",")}]`;
}
