// thread: host
import { FeedClient, type FeedHost, FeedRefusal } from "../feed/client.js";
import type { FeedAddress, FeedLogLevel, FeedSetup, HostMethod, HostRequests } from "../feed/messages.js";
import { clientOrigin } from "../gcode/origin.js";
import type { SharedClock } from "../shared/clock.js";
import { FeedPublisher } from "./feed-publisher.js";
import type { BridgedSession } from "./feed-session.js";
import type { Log } from "./log.js";

export interface FeedBridgeOptions {
  readonly setup: FeedSetup;
  readonly clock: SharedClock;
  readonly log: Log;
  /** Starts new log files; resolves to the names of the applications that did. */
  readonly rolloverLogs: (application: string | undefined) => Promise<readonly string[]>;
  /** Each time the feed can be reached. */
  readonly listening?: (address: FeedAddress) => void;
  /** The feed's code, another one only in tests. */
  readonly entry?: URL;
}

const CLIENT = clientOrigin("client");
/** What changed is published so often, in real time: clients get differences at the same rate. */
const PUBLISH_MS = 250;
const RESTARTING = "Printer is restarting";

/** Carries out a request of the feed. */
type Answer<M extends HostMethod> = (params: HostRequests[M]) => unknown;
type Answers = { readonly [M in HostMethod]: Answer<M> };

/**
 * Between a session of the printer and the feed: publishes what changes, carries out what clients ask for. It outlives
 * sessions: RESTART ends one and begins another, and the feed stays. It outlives the feed as well, which is started
 * again when it fails and is then told everything anew.
 */
export class FeedBridge {
  readonly #options: FeedBridgeOptions;
  readonly #client: FeedClient;
  readonly #publisher: FeedPublisher;
  #session: BridgedSession | undefined;
  #unlisten: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #snapshot: SharedArrayBuffer | undefined;
  readonly #answers: Answers = {
    "gcode.script": ({ script }) => runScript(this.#present, script),
    "print.start": ({ filename }) => runScript(this.#present, `SDCARD_PRINT_FILE FILENAME=${quoted(filename)}`),
    "print.pause": () => runScript(this.#present, "PAUSE"),
    "print.resume": () => runScript(this.#present, "RESUME"),
    "print.cancel": () => runScript(this.#present, "CANCEL_PRINT"),
    restart: () => this.#present.restart("restart"),
    firmware_restart: () => this.#present.restart("firmware-restart"),
    emergency_stop: () => this.#present.stop("emergency stop by a client"),
    query_endstops: () => queryEndstops(this.#present),
    endpoint: ({ name, params }) => this.#present.askEndpoint(name, params),
    "logs.rollover": ({ application }) => this.#options.rolloverLogs(application),
  };

  constructor(options: FeedBridgeOptions) {
    this.#options = options;
    const host: FeedHost = {
      request: (method, params) => this.#request(method, params),
      log: (level, text, fields) => this.#log(level, text, fields),
      listening: (address) => options.listening?.(address),
    };
    this.#client =
      options.entry === undefined
        ? new FeedClient(options.setup, host)
        : new FeedClient(options.setup, host, options.entry);
    this.#publisher = new FeedPublisher(this.#client);
  }

  /** Starts the feed. Rejects with the `HostError` that keeps it from starting. */
  async start(): Promise<FeedAddress> {
    const address = await this.#client.start();
    this.#timer = setInterval(() => this.publish(), PUBLISH_MS);
    return address;
  }

  /** Closes every socket, then ends the feed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.detach();
    await this.#client.stop();
  }

  /** Shows this session from now on. */
  attach(session: BridgedSession): void {
    this.detach();
    this.#session = session;
    this.#unlisten = session.listen({
      state: () => this.#stateChanged(),
      output: (text) => this.#client.respond(text),
      remoteCall: (method, params) => this.#client.callRemote(method, params),
    });
    this.#stateChanged();
  }

  /** The session has ended: clients see a printer that is restarting. */
  detach(): void {
    if (this.#session === undefined) return;
    this.#unlisten?.();
    this.#session = undefined;
    this.#snapshot = undefined;
    this.#publisher.clear();
    this.#client.setState("disconnected", RESTARTING);
  }

  /** Publishes what has changed; is called by itself a few times a second. */
  publish(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#publisher.publish(this.#options.clock.now(), session);
  }

  /** Everything else comes before the state: who hears "ready" finds all there is. */
  #stateChanged(): void {
    const session = this.#session;
    if (session === undefined) return;
    const { snapshot } = session;
    if (snapshot !== undefined && snapshot.buffer !== this.#snapshot) {
      this.#snapshot = snapshot.buffer;
      this.#client.setSnapshot(snapshot.buffer, snapshot.layout);
    }
    this.publish();
    this.#client.setState(session.state, session.stateMessage);
  }

  async #request<M extends HostMethod>(method: M, params: HostRequests[M]): Promise<unknown> {
    const answer: Answer<M> = this.#answers[method];
    return await answer(params);
  }

  get #present(): BridgedSession {
    if (this.#session === undefined) throw new FeedRefusal(503, RESTARTING);
    return this.#session;
  }

  #log(level: FeedLogLevel, text: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.log[level](fields, text);
  }
}

/** Words of a script that stop a print, if it consists of one such line. */
const STOPPING = new Map<string, "after-line" | "now">([
  ["PAUSE", "after-line"],
  ["CANCEL_PRINT", "now"],
]);

/** A text as a parameter of a command. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * Runs a script of a client. A PAUSE or CANCEL_PRINT does not wait for what was read ahead, nor do the macros that stand
 * in their place; cancelling does not wait for a heater either.
 */
async function runScript(session: BridgedSession, script: string): Promise<void> {
  const [word = ""] = script.trim().split(/\s/, 1);
  const when = script.trim().includes("\n") ? undefined : STOPPING.get(word.toUpperCase());
  const job = session.printJob;
  if (when === undefined || job === undefined || session.state !== "ready") {
    await session.run(script, CLIENT);
    return;
  }
  await job.hold(when);
  try {
    await session.run(script, CLIENT);
  } finally {
    await job.release();
  }
}

async function queryEndstops({ homing }: BridgedSession): Promise<Readonly<Record<string, string>>> {
  if (homing === undefined) throw new FeedRefusal(503, "Printer is not ready");
  const states = await homing.query();
  return Object.fromEntries([...states].map(([name, isTriggered]) => [name, isTriggered ? "TRIGGERED" : "open"]));
}
