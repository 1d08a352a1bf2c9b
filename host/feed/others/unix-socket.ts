// thread: feed
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { HostError } from "../../shared/errors.js";
import type { KlipperApi, KlipperConnection, KlipperLine } from "./klipper-api.js";

/** Ends every frame. */
const ETX = 3;
const MAX_FRAME_BYTES = 8 * 1024 * 1024;
/** A client with more bytes than this waiting for it is not reading: it is disconnected. */
const BACKLOG_END = 16 * 1024 * 1024;
/** Only the user and the group of this program: whoever may open the socket may do anything. */
const MODE = 0o660;

class UnixLine implements KlipperLine {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  write(text: string): void {
    this.#send(Buffer.from(`${text}\u0003`));
  }

  deliver(frame: Buffer): void {
    this.#send(Buffer.concat([frame, Buffer.of(ETX)]));
  }

  end(): void {
    this.#socket.end();
  }

  #send(bytes: Buffer): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (this.#socket.writableLength > BACKLOG_END) this.#socket.destroy();
    else this.#socket.write(bytes);
  }
}

/** Klipper's own API on a Unix socket. */
export class UnixSocketServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #path: string;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /** Listens at `path`. A socket file that nobody listens at any more is replaced. Throws `FEED_BIND`. */
  static async listen(path: string, api: KlipperApi): Promise<UnixSocketServer> {
    if (await isInUse(path)) throw bindError(path, "another program listens there");
    rmSync(path, { force: true });
    const server = createServer();
    const unix = new UnixSocketServer(server, path);
    server.on("connection", (socket) => unix.#serve(socket, api));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(bindError(path, error.message)));
      server.listen(path, resolve);
    });
    chmodSync(path, MODE);
    return unix;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    rmSync(this.#path, { force: true });
  }

  #serve(socket: Socket, api: KlipperApi): void {
    this.#sockets.add(socket);
    const connection = api.connect(new UnixLine(socket));
    const pieces: Buffer[] = [];
    let size = 0;
    socket.on("data", (data: Buffer) => {
      let rest = data;
      for (let end = rest.indexOf(ETX); end >= 0; end = rest.indexOf(ETX)) {
        pieces.push(rest.subarray(0, end));
        receive(connection, pieces.splice(0));
        size = 0;
        rest = rest.subarray(end + 1);
      }
      if (rest.byteLength > 0) pieces.push(rest);
      size += rest.byteLength;
      if (size > MAX_FRAME_BYTES) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#sockets.delete(socket);
      api.disconnect(connection);
    });
  }
}

const receive = (connection: KlipperConnection, pieces: readonly Buffer[]): void =>
  connection.receive(Buffer.concat(pieces).toString("utf8"));

function isInUse(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.on("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
}

function bindError(path: string, reason: string): HostError<"FEED_BIND"> {
  return new HostError("FEED_BIND", `cannot listen on the socket '${path}': ${reason}`, {
    details: { host: path, port: 0, reason },
    fix: "stop the other program that uses this socket, or choose another path with --api-socket.",
  });
}
