// thread: feed
import type { Access } from "../access/access.js";
import { ApiError } from "../api-error.js";
import { isRecord, type JsonRecord, member } from "../json-value.js";
import type { Args } from "./args.js";
import type { Caller, ClientInfo, Connection } from "./caller.js";
import type { Methods } from "./methods.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";

const CLIENT_TYPES = new Set(["web", "mobile", "desktop", "display", "bot", "agent", "other"]);
const RESERVED_EVENTS = new Set(["connected", "disconnected"]);
const AGENT_ANSWER_MS = 60_000;

/** Methods about the connection itself, and about agents: programs that extend us over a connection of their own. */
export class ConnectionMethods {
  readonly #sessions: Sessions;
  readonly #access: Access;
  readonly #asked = new Map<number, { resolve: (value: unknown) => void; reject: (error: ApiError) => void }>();
  #nextCall = 1;

  constructor(sessions: Sessions, access: Access) {
    this.#sessions = sessions;
    this.#access = access;
  }

  register(methods: Methods): void {
    methods.add("extensions", [
      { name: "server.connection.identify", open: true, handler: (args, caller) => this.#identify(args, caller) },
      { name: "server.websocket.id", handler: (_args, caller) => ({ websocket_id: connectionOf(caller).id }) },
      {
        name: "connection.register_remote_method",
        handler: (args, caller) => {
          connectionOf(caller).remoteMethods.add(args.string("method_name"));
          return "ok";
        },
      },
      { name: "connection.send_event", handler: (args, caller) => this.#sendEvent(args, caller) },
      {
        name: "server.extensions.list",
        http: ["GET /server/extensions/list"],
        handler: () => ({ agents: this.#agents() }),
      },
      {
        name: "server.extensions.request",
        http: ["POST /server/extensions/request"],
        handler: (args) => this.#callAgent(args),
      },
    ]);
  }

  /** Calls a method that clients registered; false when nobody has. */
  callRemote(method: string, params: JsonRecord): boolean {
    const empty = Object.keys(params).length === 0;
    const text = JSON.stringify({ jsonrpc: "2.0", method, ...(empty ? {} : { params }) });
    let called = false;
    for (const session of this.#sessions.all) {
      if (!session.remoteMethods.has(method)) continue;
      session.send(text);
      called = true;
    }
    return called;
  }

  agentGone(session: Session): void {
    this.#sessions.broadcast("notify_agent_event", { agent: session.client?.name, event: "disconnected" });
  }

  /** Takes an agent's answer to a call of ours; false when it is none. */
  takeAnswer(message: JsonRecord): boolean {
    const { id, result, error } = message;
    const asked = typeof id === "number" ? this.#asked.get(id) : undefined;
    if (asked === undefined || typeof id !== "number") return false;
    this.#asked.delete(id);
    if (error === undefined) asked.resolve(result);
    else
      asked.reject(
        new ApiError(400, isRecord(error) ? String(member(error, "message")) : "the agent reported an error"),
      );
    return true;
  }

  #identify(args: Args, caller: Caller): JsonRecord {
    const connection = connectionOf(caller);
    if (connection.client !== undefined) throw new ApiError(400, "this connection has identified itself already");
    const client: ClientInfo = {
      name: args.string("client_name"),
      version: args.string("version"),
      type: args.string("type").toLowerCase(),
      url: args.string("url"),
    };
    if (!CLIENT_TYPES.has(client.type)) throw new ApiError(400, `unknown client type '${client.type}'`);
    const token = args.optionalString("access_token");
    const key = args.optionalString("api_key");
    const shown =
      (token === undefined ? undefined : this.#access.tokenIdentity(token)) ??
      (key === undefined ? undefined : this.#access.apiKeyIdentity(key));
    if (shown !== undefined) connection.identity = shown;
    if (connection.identity === undefined) throw new ApiError(401, "Unauthorized");
    if (client.type === "agent") this.#addAgent(client, connection);
    connection.client = client;
    return { connection_id: connection.id };
  }

  #addAgent(client: ClientInfo, connection: Connection): void {
    if (this.#agents().some(({ name }) => name === client.name)) {
      throw new ApiError(400, `an agent named '${client.name}' is connected already`);
    }
    const event = { agent: client.name, event: "connected", data: client };
    this.#sessions.broadcast("notify_agent_event", event, connection.sink);
  }

  #agents(): ClientInfo[] {
    return [...this.#sessions.all].flatMap(({ client }) => (client?.type === "agent" ? [client] : []));
  }

  #sendEvent(args: Args, caller: Caller): string {
    const { client, sink } = connectionOf(caller);
    if (client?.type !== "agent") throw new ApiError(400, "only an agent may send events");
    const event = args.string("event");
    if (RESERVED_EVENTS.has(event)) throw new ApiError(400, `the event '${event}' is reserved`);
    const payload = { agent: client.name, event, ...(args.has("data") ? { data: args.any("data") } : {}) };
    this.#sessions.broadcast("notify_agent_event", payload, sink);
    return "ok";
  }

  #callAgent(args: Args): Promise<unknown> {
    const name = args.string("agent");
    const method = args.string("method");
    const session = [...this.#sessions.all].find(({ client }) => client?.type === "agent" && client.name === name);
    if (session === undefined) throw new ApiError(404, `no agent named '${name}' is connected`);
    const id = this.#nextCall++;
    const params = args.optional("arguments");
    session.send(JSON.stringify({ jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }), id }));
    return new Promise((resolve, reject) => {
      const cancel = this.#sessions.timers.after(AGENT_ANSWER_MS, () => {
        this.#asked.delete(id);
        reject(new ApiError(503, `the agent '${name}' did not answer within ${AGENT_ANSWER_MS / 1000} s`));
      });
      this.#asked.set(id, {
        resolve: (value) => {
          cancel();
          resolve(value);
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      });
    });
  }
}

function connectionOf(caller: Caller): Connection {
  if (caller.connection === undefined) throw new ApiError(400, "this method needs a websocket");
  return caller.connection;
}
