// thread: browser
import { type Json, json, list, num, text } from "./json.js";
import { Rpc, RpcError } from "./rpc.js";
import { printerState, Status } from "./status.js";

const KEY = "steadyhand-api-key";
const POLL_MS = 1000;
const MAX_LINES = 1000;

/** A line of the console. */
export interface ConsoleLine {
  readonly type: "command" | "response";
  readonly message: string;
  /** Unix time in s. */
  readonly time: number;
}

/** Values of one sensor, one a second, the newest last. */
export interface Series {
  readonly temperatures: (number | null)[];
  readonly targets: (number | null)[];
}

/** What the page's parts want to hear of. */
export interface PrinterListener {
  /** Anything in the status may have changed. */
  changed(): void;
  consoleLine(line: ConsoleLine): void;
  /** The console is to be filled anew. */
  consoleFilled(lines: readonly ConsoleLine[]): void;
  temperaturesFilled(store: ReadonlyMap<string, Series>): void;
  /** Files or folders below the G-code folder changed. */
  filesChanged(): void;
  /** A connection is up and everything is known. */
  entered(): void;
  /** Something went wrong that somebody asked for. */
  failed(message: string): void;
}

/** The page's line to the printer: what is known, and what can be asked for. */
export class Printer {
  readonly status = new Status();
  readonly #listener: PrinterListener;
  readonly #rpc: Rpc;
  #poll: ReturnType<typeof setInterval> | undefined;
  #help: ReadonlyMap<string, string> = new Map();
  #isStarting = false;

  constructor(listener: PrinterListener) {
    this.#listener = listener;
    this.#rpc = new Rpc(() => socketUrl(), {
      opened: () => this.#opened(),
      closed: () => this.#closed(),
      notified: (method, params) => this.#notified(method, params),
    });
  }

  /** Commands with a help text. */
  get help(): ReadonlyMap<string, string> {
    return this.#help;
  }

  open(): void {
    this.#rpc.open();
    const retry = (): void => this.#rpc.retry();
    addEventListener("online", retry);
    addEventListener("focus", retry);
    document.addEventListener("visibilitychange", retry);
  }

  /** Takes a key for a feed that does not trust us, and tries it. */
  unlock(key: string): void {
    localStorage.setItem(KEY, key);
    this.#opened();
  }

  call(method: string, params: Json = {}): Promise<unknown> {
    return this.#rpc.call(method, params);
  }

  /** Asks for something on behalf of whoever pressed a button: they are told when it fails. */
  async ask(method: string, params: Json = {}): Promise<boolean> {
    try {
      await this.#rpc.call(method, params);
      return true;
    } catch (error) {
      this.#listener.failed(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  /** Runs G-code; resolves when it has run. */
  run(script: string): Promise<boolean> {
    return this.ask("printer.gcode.script", { script });
  }

  /** Stops everything, by every way there is: it does not hurt to be told twice. */
  emergencyStop(): void {
    if (this.#rpc.isOpen) this.#rpc.call("printer.emergency_stop").catch(() => this.#stopByHttp());
    else this.#stopByHttp();
  }

  /** A GET or another request to the feed's HTTP side, with our key. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(path, { ...init, headers: { ...init.headers, ...keyHeader() } });
  }

  /** An address that an image can be loaded from. */
  async picture(path: string): Promise<string> {
    if (storedKey() === "") return path;
    return URL.createObjectURL(await (await this.fetch(path)).blob());
  }

  /** Sends a file to the folder of G-code files; `progress` goes from 0 to 1. */
  upload(file: File, folder: string, progress: (share: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/server/files/upload");
      for (const [name, value] of Object.entries(keyHeader())) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", ({ loaded, total }) => progress(total === 0 ? 0 : loaded / total));
      request.addEventListener("error", () => reject(new Error(`${file.name}: the line was lost`)));
      request.addEventListener("load", () => {
        if (request.status < 300) resolve();
        else reject(new Error(`${file.name}: ${errorText(request.responseText, request.status)}`));
      });
      const form = new FormData();
      form.append("root", "gcodes");
      if (folder !== "") form.append("path", folder);
      form.append("file", file, file.name);
      request.send(form);
    });
  }

  #stopByHttp(): void {
    this.fetch("/printer/emergency_stop", { method: "POST", keepalive: true })
      .then(({ ok }) => {
        if (!ok) throw new Error("refused");
      })
      .catch(() =>
        this.#listener.failed("The emergency stop did not reach the printer. Switch it off by its power switch."),
      );
  }

  #opened(): void {
    this.#identify().catch((error: unknown) => {
      const isLocked = error instanceof RpcError && error.isUnauthorized;
      this.status.line = isLocked ? "locked" : "lost";
      this.#listener.changed();
    });
  }

  async #identify(): Promise<void> {
    const key = storedKey();
    const who = { client_name: "steadyhand-page", version: "1", type: "web", url: location.origin };
    await this.#rpc.call("server.connection.identify", key === "" ? who : { ...who, api_key: key }).catch((error) => {
      // A second try on the same socket, with a key this time.
      if (!(error instanceof RpcError) || error.isUnauthorized) throw error;
    });
    await this.#rpc.call("access.info");
    await this.#enter();
    clearInterval(this.#poll);
    this.#poll = setInterval(() => {
      if (this.status.line === "open" && this.status.state !== "ready") this.#enterLater();
    }, POLL_MS);
  }

  /** Takes in the whole state: at the beginning, and whenever the printer has started anew. */
  async #enter(): Promise<void> {
    if (this.#isStarting) return;
    this.#isStarting = true;
    try {
      const info = json(await this.#rpc.call("server.info"));
      this.status.state = printerState(info["klippy_state"]);
      if (info["klippy_connected"] === true) await this.#subscribe();
      await this.#fillStores();
      this.status.line = "open";
      this.#listener.entered();
    } finally {
      this.#isStarting = false;
      this.#listener.changed();
    }
  }

  #enterLater(): void {
    this.#enter().catch((error: unknown) => {
      // The line is lost (it connects again by itself), or the printer has just gone: the next poll tries again.
      if (error instanceof RpcError && error.isUnauthorized) this.status.line = "locked";
    });
  }

  async #subscribe(): Promise<void> {
    const info = json(await this.#rpc.call("printer.info"));
    this.status.state = printerState(info["state"]);
    this.status.message = text(info["state_message"]);
    this.status.hostname = text(info["hostname"]);
    const names = list(json(await this.#rpc.call("printer.objects.list"))["objects"]);
    const objects = Object.fromEntries(names.map((name) => [String(name), null]));
    const reply = json(await this.#rpc.call("printer.objects.subscribe", { objects, ages: true }));
    this.status.replace(json(reply["status"]));
    this.status.merge({}, reply["eventtime"], reply["ages"]);
    if (this.status.state !== "ready") return;
    const help = json(await this.#rpc.call("printer.gcode.help"));
    this.#help = new Map(Object.entries(help).map(([name, words]) => [name, text(words)]));
  }

  async #fillStores(): Promise<void> {
    const [lines, store] = await Promise.all([
      this.#rpc.call("server.gcode_store", { count: MAX_LINES }),
      this.#rpc.call("server.temperature_store"),
    ]);
    this.#listener.consoleFilled(list(json(lines)["gcode_store"]).map(toLine));
    this.#listener.temperaturesFilled(
      new Map(
        Object.entries(json(store)).map(([name, series]) => [
          name,
          { temperatures: measured(json(series)["temperatures"]), targets: values(json(series)["targets"]) },
        ]),
      ),
    );
  }

  #closed(): void {
    clearInterval(this.#poll);
    if (this.status.line === "open") this.status.line = "lost";
    this.#listener.changed();
  }

  #notified(method: string, params: readonly unknown[]): void {
    switch (method) {
      case "notify_status_update":
        this.status.merge(json(params[0]), params[1], json(params[2])["ages"]);
        break;
      case "notify_gcode_response":
        this.#listener.consoleLine({ type: "response", message: text(params[0]), time: Date.now() / 1000 });
        return;
      case "notify_klippy_ready":
        this.#enterLater();
        return;
      case "notify_klippy_shutdown":
      case "notify_klippy_disconnected":
        this.status.state = method === "notify_klippy_shutdown" ? "shutdown" : "disconnected";
        this.#enterLater();
        break;
      case "notify_filelist_changed":
      case "notify_metadata_update":
        this.#listener.filesChanged();
        return;
      default:
        return;
    }
    this.#listener.changed();
  }
}

const storedKey = (): string => localStorage.getItem(KEY) ?? "";

function keyHeader(): Record<string, string> {
  const key = storedKey();
  return key === "" ? {} : { "x-api-key": key };
}

/** The feed's websocket, wherever the page was loaded from. */
export function socketUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/websocket`;
}

function toLine(value: unknown): ConsoleLine {
  const line = json(value);
  const type = line["type"] === "command" ? "command" : "response";
  return { type, message: text(line["message"]), time: num(line["time"]) ?? 0 };
}

const values = (value: unknown): (number | null)[] => list(value).map((each) => num(each) ?? null);

/** The store has 0 where nothing was measured: no sensor reads exactly that. */
const measured = (value: unknown): (number | null)[] => values(value).map((each) => (each === 0 ? null : each));

function errorText(body: string, status: number): string {
  try {
    return text(json(json(JSON.parse(body))["error"])["message"]) || `refused with ${status}`;
  } catch {
    return `refused with ${status}`;
  }
}
