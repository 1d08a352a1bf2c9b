import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { HostMethod, HostRequest, ToFeed, ToHost } from "../../host/feed/messages.js";
import { SharedClock } from "../../host/shared/clock.js";
import { ControlBlock } from "../../host/shared/control.js";
import { type SnapshotLayout, SnapshotWriter } from "../../host/shared/snapshot.js";

/** An answer of the fake host: a value, or a refusal with a status. */
export type FakeAnswer = { readonly result: unknown } | { readonly status: number; readonly message: string };

type Notice = Exclude<ToHost, { type: "request" }>;

/** A host that speaks the feed's messages over a real MessagePort, and does only what a test tells it to. */
export class FakeHost {
  readonly clock = SharedClock.free();
  readonly control = new ControlBlock();
  readonly requests: HostRequest[] = [];
  readonly notices: Notice[] = [];
  /** The end to give to the feed. */
  readonly feedPort: MessagePort;
  readonly #port: MessagePort;
  readonly #answers = new Map<HostMethod, (request: HostRequest) => FakeAnswer | Promise<FakeAnswer>>();
  readonly #watchers = new Set<() => void>();
  #hung = false;
  #held: ToHost[] = [];

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.feedPort = port2;
    this.#port.on("message", (message: ToHost) => {
      if (this.#hung) this.#held.push(message);
      else this.#receive(message);
    });
  }

  post(message: ToFeed): void {
    this.#port.postMessage(message);
  }

  /** What to do with requests of a kind; without it they get no answer. */
  on(method: HostMethod, answer: (request: HostRequest) => FakeAnswer | Promise<FakeAnswer>): void {
    this.#answers.set(method, answer);
  }

  publish(name: string, fields: Readonly<Record<string, unknown>>): void {
    this.post({ type: "objects", time: this.clock.now(), updates: [{ name, fields }] });
  }

  state(state: Extract<ToFeed, { type: "state" }>["state"], message = `Printer is ${state}`): void {
    this.post({ type: "state", state, message });
  }

  /** Gives the feed a snapshot that the test writes. */
  snapshot(layout: SnapshotLayout): SnapshotWriter {
    const writer = new SnapshotWriter(layout.slots);
    this.post({ type: "snapshot", buffer: writer.buffer, layout });
    return writer;
  }

  /** From now on nothing is read and nothing answered, as in an endless loop. */
  hang(): void {
    this.#hung = true;
  }

  /** Goes on, and reads all that has come in the meantime. */
  recover(): void {
    this.#hung = false;
    for (const message of this.#held.splice(0)) this.#receive(message);
  }

  /** The next request of a kind, or one that has come already. */
  request(method: HostMethod): Promise<HostRequest> {
    return this.#wait(() => {
      const index = this.requests.findIndex((request) => request.method === method);
      return index < 0 ? undefined : this.requests.splice(index, 1)[0];
    });
  }

  /** The next notice of a kind, or one that has come already. */
  notice<T extends Notice["type"]>(type: T): Promise<Extract<Notice, { type: T }>> {
    return this.#wait(() =>
      this.notices.find((notice): notice is Extract<Notice, { type: T }> => notice.type === type),
    );
  }

  /** Resolves when the feed has logged a text. */
  async logged(text: string): Promise<void> {
    await this.#wait(() => this.notices.find((notice) => notice.type === "log" && notice.text === text));
  }

  reply(id: number, result: unknown): void {
    this.post({ type: "reply", id, result });
  }

  refuse(id: number, status: number, message: string): void {
    this.post({ type: "refusal", id, status, message });
  }

  close(): void {
    this.#port.close();
  }

  #receive(message: ToHost): void {
    if (message.type === "ping") this.post({ type: "pong" });
    if (message.type === "request") this.#take(message);
    else this.notices.push(message);
    for (const watcher of [...this.#watchers]) watcher();
  }

  #take(request: HostRequest): void {
    this.requests.push(request);
    const answer = this.#answers.get(request.method);
    if (answer === undefined) return;
    Promise.resolve(answer(request))
      .then((outcome) => {
        if ("result" in outcome) this.reply(request.id, outcome.result);
        else this.refuse(request.id, outcome.status, outcome.message);
      })
      .catch((error: unknown) => this.refuse(request.id, 500, String(error)));
  }

  #wait<T>(look: () => T | undefined): Promise<T> {
    const found = look();
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => {
      const watcher = (): void => {
        const now = look();
        if (now === undefined) return;
        this.#watchers.delete(watcher);
        resolve(now);
      };
      this.#watchers.add(watcher);
    });
  }
}
