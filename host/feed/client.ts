// thread: host
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { HostError, isHostError } from "../shared/errors.js";
import type { SnapshotLayout } from "../shared/snapshot.js";
import type { HostTime } from "../shared/units.js";
import type {
  FeedAddress,
  FeedLogLevel,
  FeedSetup,
  HostMethod,
  HostRequest,
  HostRequests,
  ObjectUpdate,
  PrinterState,
  ToFeed,
  ToHost,
} from "./messages.js";

/** Wait before a feed that failed is started again, in ms; doubled each time up to the longest. */
const RESTART_MS = 200;
const LONGEST_RESTART_MS = 30_000;
/** A feed that ran this long counts as healthy again. */
const HEALTHY_MS = 60_000;
/** How long an exiting process waits for the feed's sockets to close. */
const EXIT_WAIT_MS = 2000;
const ALL_CLOSED = 2;
const YOUNG_GENERATION_MB = 8;

/** Thrown by a request handler to answer with a status of its own; any other error is answered with 400. */
export class FeedRefusal extends Error {
  override readonly name = "FeedRefusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the host does for the feed. */
export interface FeedHost {
  /**
   * Carries out a request; what it resolves to is the reply. Rejections are answered with the error's text: status 400
   * (503 while the printer is not ready), or that of a `FeedRefusal`.
   */
  request<M extends HostMethod>(method: M, params: HostRequests[M]): Promise<unknown>;
  log(level: FeedLogLevel, text: string, fields: Readonly<Record<string, unknown>>): void;
  /** A file below one of the served roots changed. */
  fileChanged?(action: string, root: string, path: string): void;
  /** Each time the feed can be reached, also after a restart of its own. */
  listening?(address: FeedAddress): void;
}

type Status = Readonly<Record<string, unknown>>;

/**
 * The host's side of the feed. Starts the thread, restarts it when it fails, and keeps what was published, so that a
 * restarted feed knows everything at once. No call waits for the feed.
 */
export class FeedClient {
  readonly #setup: FeedSetup;
  readonly #host: FeedHost;
  readonly #entry: URL;
  readonly #published = new Map<string, Status>();
  #state: PrinterState = "disconnected";
  #stateMessage = "";
  #help: Readonly<Record<string, string>> = {};
  #endpoints: readonly string[] = [];
  #snapshot: { buffer: SharedArrayBuffer; layout: SnapshotLayout } | undefined;
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  #closed = new Int32Array(new SharedArrayBuffer(4));
  #time: HostTime | undefined;
  #restartMs = RESTART_MS;
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  /** What the feed said last about a fault of its own. */
  #lastError = "";
  #started: { resolve: (address: FeedAddress) => void; reject: (error: unknown) => void } | undefined;
  #ended: (() => void) | undefined;
  readonly #onExit = (): void => this.#exit();

  /** `entry` is the thread's code, another one only in tests. */
  constructor(setup: FeedSetup, host: FeedHost, entry: URL = new URL("./worker.js", import.meta.url)) {
    this.#setup = setup;
    this.#host = host;
    this.#entry = entry;
  }

  /** Starts the thread. Rejects with the `HostError` that keeps it from starting. */
  start(): Promise<FeedAddress> {
    process.on("exit", this.#onExit);
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      this.#launch();
    });
  }

  /** Closes the sockets, then the storage, then ends the thread. */
  stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    process.off("exit", this.#onExit);
    if (this.#worker === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#post({ type: "stop" });
    });
  }

  /**
   * Publishes the status of printer objects, as they are at `time`. Only the fields that differ from what was published
   * before are sent. To be called for what changed; whatever is not mentioned stays as it is.
   */
  publish(time: HostTime, statuses: Iterable<readonly [name: string, status: Status]>): void {
    this.#time = time;
    const updates: ObjectUpdate[] = [];
    for (const [name, status] of statuses) {
      const update = difference(name, this.#published.get(name), status);
      this.#published.set(name, status);
      if (update !== undefined) updates.push(update);
    }
    if (updates.length > 0) this.#postObjects(time, updates);
  }

  /** Takes objects away. */
  remove(names: readonly string[]): void {
    for (const name of names) this.#published.delete(name);
    this.#post({ type: "objects-removed", names });
  }

  /** The printer's state. "disconnected" forgets all objects, as a restart begins with it. */
  setState(state: PrinterState, message: string): void {
    if (state === "disconnected") {
      this.#published.clear();
      this.#snapshot = undefined;
      this.#endpoints = [];
    }
    this.#state = state;
    this.#stateMessage = message;
    this.#post({ type: "state", state, message });
  }

  /** The machine's snapshot: after each configuration, before the state is "ready". */
  setSnapshot(buffer: SharedArrayBuffer, layout: SnapshotLayout): void {
    this.#snapshot = { buffer, layout };
    this.#post({ type: "snapshot", buffer, layout });
  }

  removeSnapshot(): void {
    this.#snapshot = undefined;
    this.#post({ type: "snapshot-removed" });
  }

  /** Output of commands for all consoles: one message, its lines joined with line feeds. */
  respond(text: string): void {
    this.#post({ type: "gcode-response", text });
  }

  setHelp(help: Readonly<Record<string, string>>): void {
    this.#help = help;
    this.#post({ type: "gcode-help", help });
  }

  /** Names of the endpoints that modules answer: `system_monitor/status`. */
  setEndpoints(names: readonly string[]): void {
    this.#endpoints = names;
    this.#post({ type: "endpoints", names });
  }

  /** Calls a method that clients registered, from a macro. */
  callRemote(method: string, params: Readonly<Record<string, unknown>>): void {
    this.#post({ type: "remote-call", method, params });
  }

  #launch(): void {
    const { port1, port2 } = new MessageChannel();
    this.#closed = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(this.#entry, {
      name: "feed",
      workerData: { setup: this.#setup, port: port2, closed: this.#closed.buffer },
      transferList: [port2],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    const since = performance.now();
    this.#worker = worker;
    this.#port = port1;
    port1.on("message", (message: ToHost) => this.#receive(port1, message));
    worker.on("error", (error) => {
      this.#lastError = String(error);
      this.#host.log("error", "the feed thread failed", { error: String(error) });
    });
    worker.on("exit", () => this.#exited(port1, since));
    this.#post({ type: "gcode-help", help: this.#help });
    this.#post({ type: "endpoints", names: this.#endpoints });
    if (this.#snapshot !== undefined) this.#post({ type: "snapshot", ...this.#snapshot });
    const updates = [...this.#published].map(([name, fields]) => ({ name, fields }));
    if (updates.length > 0 && this.#time !== undefined) this.#postObjects(this.#time, updates);
    this.#post({ type: "state", state: this.#state, message: this.#stateMessage });
  }

  #exited(port: MessagePort, since: number): void {
    // Its last words may say why it did not start. Nobody waits for an answer to its requests any more.
    for (let last = receiveMessageOnPort(port); last !== undefined; last = receiveMessageOnPort(port)) {
      if (last.message.type !== "request") this.#handle(port, last.message);
    }
    port.close();
    this.#worker = undefined;
    this.#port = undefined;
    if (this.#stopping) {
      this.#ended?.();
      return;
    }
    if (this.#started !== undefined) {
      this.#failed(endedEarly(this.#lastError));
      return;
    }
    if (performance.now() - since > HEALTHY_MS) this.#restartMs = RESTART_MS;
    this.#restart = setTimeout(() => this.#launch(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS);
  }

  /**
   * Takes everything that has arrived before acting on any of it: after a long block, requests that were given up in
   * the meantime must not be started.
   */
  #receive(port: MessagePort, first: ToHost): void {
    const messages = [first];
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      messages.push(next.message);
    }
    const abandoned = new Set(messages.flatMap((message) => (message.type === "abandon" ? message.ids : [])));
    for (const message of messages) {
      if (message.type === "request" && abandoned.has(message.id)) continue;
      this.#handle(port, message);
    }
  }

  #handle(port: MessagePort, message: ToHost): void {
    switch (message.type) {
      case "request":
        this.#answer(port, message);
        return;
      case "ping":
        this.#post({ type: "pong" });
        return;
      case "log":
        if (message.level === "error") this.#lastError = String(message.fields["error"] ?? message.text);
        this.#host.log(message.level, message.text, message.fields);
        return;
      case "file":
        this.#host.fileChanged?.(message.action, message.root, message.path);
        return;
      case "listening":
        this.#host.listening?.(message.address);
        this.#started?.resolve(message.address);
        this.#started = undefined;
        return;
      case "failed":
        this.#failed(HostError.fromWire(message.error));
        return;
      case "restart-feed":
        this.#post({ type: "stop" });
        return;
      case "abandon":
        return;
    }
  }

  #failed(error: HostError): void {
    if (this.#started === undefined) {
      this.#host.log("error", "the feed could not be restarted", { error: error.format() });
      return;
    }
    process.off("exit", this.#onExit);
    this.#stopping = true;
    this.#started.reject(error);
    this.#started = undefined;
  }

  /** The answer goes to the feed that asked, not to one that was started since. */
  #answer(port: MessagePort, request: HostRequest): void {
    const { id } = request;
    const refuse = (status: number, message: string): void =>
      port.postMessage({ type: "refusal", id, status, message } satisfies ToFeed);
    this.#perform(request)
      .then((result) => {
        try {
          port.postMessage({ type: "reply", id, result } satisfies ToFeed);
        } catch (error) {
          refuse(500, `the reply cannot be sent: ${String(error)}`);
        }
      })
      .catch((error: unknown) => {
        const { status, message } = this.#refusalOf(error);
        refuse(status, message);
      });
  }

  // Asynchronous in any case: a handler that throws at once is answered like one that rejects.
  async #perform(request: HostRequest): Promise<unknown> {
    return await this.#host.request(request.method, request.params);
  }

  #refusalOf(error: unknown): { status: number; message: string } {
    if (error instanceof FeedRefusal) return { status: error.status, message: error.message };
    const status = this.#state === "ready" || this.#state === "shutdown" ? 400 : 503;
    if (isHostError(error)) return { status, message: error.format() };
    return { status, message: error instanceof Error ? error.message : String(error) };
  }

  #post(message: ToFeed): void {
    this.#port?.postMessage(message);
  }

  /** One field that cannot be posted must not keep the others back. */
  #postObjects(time: HostTime, updates: readonly ObjectUpdate[]): void {
    try {
      this.#port?.postMessage({ type: "objects", time, updates } satisfies ToFeed);
      return;
    } catch {
      // Find the culprit below.
    }
    for (const update of updates) {
      for (const [field, value] of Object.entries(update.fields)) {
        try {
          const single: ObjectUpdate = { name: update.name, fields: { [field]: value } };
          this.#port?.postMessage({ type: "objects", time, updates: [single] } satisfies ToFeed);
        } catch (error) {
          const fields = { object: update.name, field, error: String(error) };
          this.#host.log("warn", "a status field cannot be published", fields);
        }
      }
      if (update.gone !== undefined) {
        this.#post({ type: "objects", time, updates: [{ name: update.name, fields: {}, gone: update.gone }] });
      }
    }
  }

  /** The process is exiting: Node would abort if the thread ended with open sockets, so wait until they are closed. */
  #exit(): void {
    if (this.#worker === undefined) return;
    this.#stopping = true;
    this.#post({ type: "stop" });
    const end = performance.now() + EXIT_WAIT_MS;
    for (;;) {
      const value = Atomics.load(this.#closed, 0);
      const left = end - performance.now();
      if (value === ALL_CLOSED || left <= 0) return;
      Atomics.wait(this.#closed, 0, value, left);
    }
  }
}

function endedEarly(reason: string): HostError {
  const first = reason.split("\n")[0] ?? "";
  return new HostError("FEED_START", `the status feed ended while it was starting${first === "" ? "" : `: ${first}`}`, {
    details: { reason },
    fix: "look into the log for the whole reason; this is a fault of this program, please report it.",
  });
}

/** The fields of `status` that differ from `former`, or `undefined` when none does. */
function difference(name: string, former: Status | undefined, status: Status): ObjectUpdate | undefined {
  if (former === status) return undefined;
  if (former === undefined) return { name, fields: status };
  const fields: Record<string, unknown> = {};
  let count = 0;
  for (const key of Object.keys(status)) {
    if (Object.is(former[key], status[key])) continue;
    fields[key] = status[key];
    count++;
  }
  const gone = Object.keys(former).filter((key) => !Object.hasOwn(status, key));
  if (count === 0 && gone.length === 0) return undefined;
  return gone.length === 0 ? { name, fields } : { name, fields, gone };
}
