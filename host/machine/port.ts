// thread: machine
import { closeSync, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { ReadStream } from "node:tty";
import { ByteRing } from "../shared/byte-ring.js";
import type { SharedClock } from "../shared/clock.js";
import { type HostTime, hostTime } from "../shared/units.js";
import type { PortRequest } from "./setup.js";

/** What comes out of a port. */
export interface PortSink {
  /** Bytes and when they came; borrowed for the call. */
  readonly onBytes: (bytes: Uint8Array, time: HostTime) => void;
  /** The cable is gone; nothing follows. */
  readonly onGone: (reason: string) => void;
}

/** One open port. Reading and writing happen in this thread, beside no other thread's work. */
export interface BytePort {
  write(bytes: Uint8Array): void;
  /** Hands out what has arrived, for ports that nobody wakes. */
  poll(): void;
  close(): void;
}

/** Most writes that are tried while the kernel's buffer is full, before the rest is left for the next turn. */
const WRITE_TRIES = 4;
/** Bytes that may wait for a port that does not take them: far more than a window of blocks. */
const BACKLOG_LIMIT = 1 << 16;

export function openPort(request: PortRequest, clock: SharedClock, sink: PortSink): BytePort {
  switch (request.kind) {
    case "virtual":
      return new RingPort(new ByteRing(request.fromBoard), new ByteRing(request.toBoard), clock, sink);
    case "descriptor":
      return new DescriptorPort(request.fd, clock, sink);
    case "socket":
      return new SocketPort(request.path, clock, sink);
  }
}

/** The cable to a simulated board: two rings in shared memory. */
class RingPort implements BytePort {
  readonly #from: ByteRing;
  readonly #to: ByteRing;
  readonly #clock: SharedClock;
  readonly #sink: PortSink;
  #isOpen = true;

  constructor(from: ByteRing, to: ByteRing, clock: SharedClock, sink: PortSink) {
    this.#from = from;
    this.#to = to;
    this.#clock = clock;
    this.#sink = sink;
    if (!clock.isLockstep) void this.#listen();
  }

  write(bytes: Uint8Array): void {
    if (this.#isOpen) this.#to.push(this.#clock.now(), bytes);
  }

  poll(): void {
    while (this.#isOpen) {
      const chunk = this.#from.pop();
      if (chunk === undefined) break;
      this.#sink.onBytes(chunk.bytes, hostTime(chunk.time));
    }
    if (this.#isOpen && this.#from.isClosed) {
      this.#isOpen = false;
      this.#sink.onGone("the cable was pulled");
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#from.wake();
  }

  async #listen(): Promise<void> {
    while (this.#isOpen) {
      const seen = this.#from.wakeCount;
      this.poll();
      if (this.#isOpen && this.#from.isEmpty) await this.#from.pushedAfter(seen);
    }
  }
}

/** A serial port or pseudo-terminal that the host has opened and configured: only its descriptor comes here. */
class DescriptorPort implements BytePort {
  readonly #fd: number;
  readonly #stream: ReadStream;
  readonly #sink: PortSink;
  #backlog = new Uint8Array(0);
  #isOpen = true;

  constructor(fd: number, clock: SharedClock, sink: PortSink) {
    this.#fd = fd;
    this.#sink = sink;
    this.#stream = new ReadStream(fd);
    this.#stream.on("data", (chunk: Buffer) => sink.onBytes(chunk, clock.now()));
    this.#stream.on("error", (error) => this.#fail(error.message));
    this.#stream.on("end", () => this.#fail("the port was closed by the other side"));
    this.#stream.on("close", () => this.#fail("the port was closed"));
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    if (this.#backlog.length === 0) {
      const left = this.#send(bytes);
      if (left.length > 0) this.#backlog = left.slice();
      return;
    }
    if (this.#backlog.length + bytes.length > BACKLOG_LIMIT) {
      this.#fail("the port takes no more bytes");
      return;
    }
    const joined = new Uint8Array(this.#backlog.length + bytes.length);
    joined.set(this.#backlog);
    joined.set(bytes, this.#backlog.length);
    this.#backlog = joined;
    this.poll();
  }

  poll(): void {
    if (this.#backlog.length > 0 && this.#isOpen) this.#backlog = this.#send(this.#backlog).slice();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stream.destroy();
  }

  /** Writes what the kernel takes; returns the rest. */
  #send(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    for (let i = 0; i < WRITE_TRIES && rest.length > 0; i++) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        if (code === "EAGAIN") return rest;
        this.#fail(error instanceof Error ? error.message : String(error));
        return rest.subarray(rest.length);
      }
    }
    return rest;
  }

  #fail(reason: string): void {
    if (!this.#isOpen) return;
    this.close();
    this.#sink.onGone(reason);
  }
}

/** A board behind a Unix socket, such as a simulator. */
class SocketPort implements BytePort {
  readonly #socket: Socket;
  #isOpen = true;

  constructor(path: string, clock: SharedClock, sink: PortSink) {
    this.#socket = connect(path);
    this.#socket.on("data", (chunk: Buffer) => sink.onBytes(chunk, clock.now()));
    const gone = (reason: string): void => {
      if (!this.#isOpen) return;
      this.#isOpen = false;
      sink.onGone(reason);
    };
    this.#socket.on("error", (error) => gone(error.message));
    this.#socket.on("close", () => gone("the socket was closed by the other side"));
  }

  write(bytes: Uint8Array): void {
    // the bytes are borrowed, and the socket keeps them until they have left
    if (this.#isOpen) this.#socket.write(bytes.slice());
  }

  poll(): void {
    // its events bring what arrives
  }

  close(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }
}

/** Closes a descriptor that no port took. */
export function closeDescriptor(request: PortRequest): void {
  if (request.kind === "descriptor") closeSync(request.fd);
}
