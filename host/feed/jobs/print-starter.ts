// thread: feed
import type { HostLink } from "../host-link.js";
import type { Printer } from "../printer.js";
import type { GcodeStore } from "../status/gcode-store.js";
import type { StatusObjects } from "../status/objects.js";

const PRINT_STATS = "print_stats";

/** Starts prints, and knows which files must not be touched because of one. */
export class PrintStarter {
  readonly #printer: Printer;
  readonly #link: HostLink;
  readonly #objects: StatusObjects;
  readonly #gcodeStore: GcodeStore;
  /** Files that the host was asked to print and has not answered for. */
  readonly #asked: string[] = [];
  readonly #users = new Map<string, string>();

  constructor(printer: Printer, link: HostLink, objects: StatusObjects, gcodeStore: GcodeStore) {
    this.#printer = printer;
    this.#link = link;
    this.#objects = objects;
    this.#gcodeStore = gcodeStore;
  }

  /** Whether a print is running or stands paused. */
  get isPrinting(): boolean {
    const state = this.#objects.value(PRINT_STATS, "state");
    return state === "printing" || state === "paused";
  }

  /** Whether a print could be started. */
  get canPrint(): boolean {
    return this.#printer.state === "ready" && !this.isPrinting;
  }

  /** Files that are being printed, or about to be. */
  inPrint(): readonly string[] {
    const file = this.isPrinting ? this.#objects.value(PRINT_STATS, "filename") : undefined;
    return typeof file === "string" && file !== "" ? [file, ...this.#asked] : this.#asked;
  }

  /** The user who asked for this file last; asked for once. */
  takeUser(filename: string): string | undefined {
    const user = this.#users.get(filename);
    this.#users.delete(filename);
    return user;
  }

  /** Asks the host to print a file. Rejects with what it says. */
  async start(filename: string, username?: string): Promise<void> {
    this.#printer.requireConnected();
    this.#gcodeStore.add("command", `SDCARD_PRINT_FILE FILENAME="${filename}"`);
    this.#asked.push(filename);
    if (username !== undefined) this.#users.set(filename, username);
    try {
      await this.#link.request("print.start", { filename });
    } catch (error) {
      this.#users.delete(filename);
      throw error;
    } finally {
      this.#asked.splice(this.#asked.indexOf(filename), 1);
    }
  }
}
