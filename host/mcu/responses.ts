// thread: any
import type { HostTime } from "../shared/units.js";
import type { Dictionary } from "./dictionary.js";
import { type MessageFormat, MessageReader } from "./message-format.js";
import { PayloadReader } from "./vlq.js";

/**
 * Called with one response. `message` is borrowed for the call. `sent` is when the block that the board had last taken
 * was sent (of the command that asked, for an answer): NaN when it had to be sent more than once.
 */
export type ResponseHandler<F extends string = string> = (
  message: MessageReader<F>,
  sent: HostTime,
  received: HostTime,
) => void;

interface Route {
  readonly reader: MessageReader;
  readonly oid: number;
  readonly handlers: Set<ResponseHandler>;
  readonly byOid: Map<number, Set<ResponseHandler>>;
}

/** Brings each response of one board to those who wait for it, by its name and object id. */
export class ResponseRouter {
  readonly #dictionary: Dictionary;
  readonly #routes = new Map<number, Route>();
  readonly #payload = new PayloadReader();
  #unread = 0;

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  /** Responses that could not be read: an unknown id or an early end. */
  get unread(): number {
    return this.#unread;
  }

  /**
   * Calls `handler` for every response of that format (`clock`, or `analog_in_state oid=%c next_clock=%u value=%hu`);
   * returns what ends it. Throws `MCU_COMMAND_MISSING` when the firmware has no such response.
   */
  on<F extends string>(response: string, feature: string, handler: ResponseHandler<F>): () => void {
    const { handlers } = this.#route(response, feature);
    return added(handlers, handler);
  }

  /** As `on`, for the responses of one object. */
  onObject<F extends string>(response: string, oid: number, feature: string, handler: ResponseHandler<F>): () => void {
    const { byOid } = this.#route(response, feature);
    const handlers = byOid.get(oid) ?? new Set();
    byOid.set(oid, handlers);
    return added(handlers, handler);
  }

  /** Hands out the responses of one payload; false when nobody was there for one of them. */
  route(payload: Uint8Array, sent: HostTime, received: HostTime): boolean {
    const from = this.#payload.open(payload);
    let isHeard = true;
    while (!from.isAtEnd) {
      const id = from.int();
      const route = this.#routes.get(id) ?? this.#addRoute(this.#dictionary.responseById(id));
      if (route === undefined || !route.reader.read(from)) {
        this.#unread++;
        return false;
      }
      let heard = route.handlers.size;
      for (const handler of route.handlers) handler(route.reader, sent, received);
      const own = route.byOid.get(route.reader.values[route.oid] ?? Number.NaN);
      if (own !== undefined) {
        heard += own.size;
        for (const handler of own) handler(route.reader, sent, received);
      }
      if (heard === 0) isHeard = false;
    }
    return isHeard;
  }

  #route(response: string, feature: string): Route {
    const { format } = this.#dictionary.response(response, feature);
    return this.#routes.get(format.id) ?? this.#addRoute(format);
  }

  #addRoute(format: MessageFormat): Route;
  #addRoute(format: MessageFormat | undefined): Route | undefined;
  #addRoute(format: MessageFormat | undefined): Route | undefined {
    if (format === undefined) return undefined;
    const reader = new MessageReader(format);
    const route = { reader, oid: reader.indexOf("oid"), handlers: new Set<ResponseHandler>(), byOid: new Map() };
    this.#routes.set(format.id, route);
    return route;
  }
}

function added<F extends string>(handlers: Set<ResponseHandler>, handler: ResponseHandler<F>): () => void {
  handlers.add(handler);
  return () => {
    handlers.delete(handler);
  };
}
