// thread: host
import type { GcodeOrigin } from "../gcode/origin.js";
import type { SnapshotLayout } from "../shared/snapshot.js";
import type { PrinterState } from "./events.js";
import type { Homing, PrintJob } from "./services.js";
import type { StatusObject } from "./status.js";

/** What a session tells whoever shows it. */
export interface SessionListener {
  /** `state` or `stateMessage` have changed. */
  readonly state: () => void;
  /** A line for every console. */
  readonly output: (text: string) => void;
  readonly remoteCall: (method: string, params: Readonly<Record<string, unknown>>) => void;
}

/** A session of the printer, as far as the feed has to do with it. `PrinterSession` is one. */
export interface BridgedSession {
  readonly state: PrinterState;
  readonly stateMessage: string;
  /** Printer objects, without the machine's numbers: those are in the snapshot. */
  readonly objects: {
    readonly names: readonly string[];
    hostStatus(name: string): StatusObject | undefined;
  };
  /** The machine's numbers; `undefined` before it is configured. */
  readonly snapshot: { readonly buffer: SharedArrayBuffer; readonly layout: SnapshotLayout } | undefined;
  readonly commands: Readonly<Record<string, { readonly help?: string }>>;
  readonly endpoints: readonly string[];
  readonly printJob: PrintJob | undefined;
  readonly homing: Homing | undefined;
  /** Runs a script in its turn. Rejects with its first error. */
  run(script: string, origin: GcodeOrigin): Promise<void>;
  /** Throws when there is no endpoint of that name, or what it throws. */
  askEndpoint(name: string, params: Readonly<Record<string, unknown>>): unknown;
  stop(reason: string): void;
  restart(kind: "restart" | "firmware-restart"): void;
  listen(listener: SessionListener): () => void;
}
