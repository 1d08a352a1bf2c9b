// thread: feed

import { getHeapStatistics } from "node:v8";
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import { HostError } from "../shared/errors.js";
import { Feed } from "./feed.js";
import type { FeedSetup, ToHost } from "./messages.js";

/** What the host gives the thread to start with. */
export interface FeedWorkerData {
  readonly setup: FeedSetup;
  readonly port: MessagePort;
  /** First word: 1 when every socket is closed, 2 when all is closed. The host waits for it when it exits. */
  readonly closed: SharedArrayBuffer;
}

/** Many times what a feed with a thousand clients uses. */
const HEAP_LIMIT_BYTES = 400 * 1024 * 1024;
const HEAP_LIMIT_SHARE = 0.7;
const HEAP_CHECK_MS = 1000;
const SOCKETS_CLOSED = 1;
const ALL_CLOSED = 2;

function isWorkerData(value: unknown): value is FeedWorkerData {
  return typeof value === "object" && value !== null && "setup" in value && "port" in value && "closed" in value;
}

function startWorker({ setup, port, closed }: FeedWorkerData): void {
  const word = new Int32Array(closed);
  const mark = (value: number): void => {
    Atomics.store(word, 0, value);
    Atomics.notify(word, 0);
  };
  const post = (message: ToHost): void => port.postMessage(message);
  let feed: Feed | undefined;

  const stop = async (): Promise<void> => {
    feed?.closeSockets();
    mark(SOCKETS_CLOSED);
    await feed?.stop();
    mark(ALL_CLOSED);
    process.exit(0);
  };

  // A thread must not end with an open uWebSockets socket: Node would abort the whole process, and the print with it.
  const crash = (error: unknown): void => {
    feed?.closeSockets();
    mark(SOCKETS_CLOSED);
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    post({ type: "log", level: "error", text: "the feed failed and will be restarted", fields: { error: text } });
    mark(ALL_CLOSED);
    process.exit(1);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  // Running out of memory would end the thread without asking: leave in good order before that.
  setInterval(() => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used > Math.min(HEAP_LIMIT_BYTES, limit * HEAP_LIMIT_SHARE)) crash(new Error(`${used} bytes of memory in use`));
  }, HEAP_CHECK_MS).unref();

  Feed.start(port, setup, () => {
    stop().catch(crash);
  })
    .then((started) => {
      feed = started;
    })
    .catch((error: unknown) => {
      if (!(error instanceof HostError)) throw error;
      post({ type: "failed", error: error.toWire() });
      mark(ALL_CLOSED);
      process.exit(1);
    });
}

if (!isMainThread && parentPort !== null && isWorkerData(workerData)) startWorker(workerData);
