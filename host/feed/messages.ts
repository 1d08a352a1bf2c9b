// thread: any
import type { WireError } from "../shared/errors.js";
import type { SnapshotLayout } from "../shared/snapshot.js";
import type { HostTime } from "../shared/units.js";

/** State of the printer as clients see it. `disconnected`: there is no printer core to talk to (a restart is under way). */
export type PrinterState = "disconnected" | "startup" | "ready" | "error" | "shutdown";

/** What changed in one printer object since the message before. */
export interface ObjectUpdate {
  readonly name: string;
  /** Only the fields that changed, each whole. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Fields that the object no longer has. */
  readonly gone?: readonly string[];
}

/** Messages from the host to the feed. None of them is answered, and the order is kept. */
export type ToFeed =
  /** Printer objects that changed, as they were at `time`. Says at the same time that all others did not. */
  | { readonly type: "objects"; readonly time: HostTime; readonly updates: readonly ObjectUpdate[] }
  | { readonly type: "objects-removed"; readonly names: readonly string[] }
  /** The machine's numbers; replaces the former snapshot. */
  | { readonly type: "snapshot"; readonly buffer: SharedArrayBuffer; readonly layout: SnapshotLayout }
  | { readonly type: "snapshot-removed" }
  | { readonly type: "state"; readonly state: PrinterState; readonly message: string }
  /** Output of commands for every console: lines joined with line feeds, with their prefix (`// `, `!! `, ...). */
  | { readonly type: "gcode-response"; readonly text: string }
  /** Commands that have a help text. */
  | { readonly type: "gcode-help"; readonly help: Readonly<Record<string, string>> }
  /** Names of the endpoints that modules answer themselves: `system_monitor/status`. */
  | { readonly type: "endpoints"; readonly names: readonly string[] }
  | { readonly type: "reply"; readonly id: number; readonly result: unknown }
  | { readonly type: "refusal"; readonly id: number; readonly status: number; readonly message: string }
  /** A macro calls a method that a client registered. */
  | { readonly type: "remote-call"; readonly method: string; readonly params: Readonly<Record<string, unknown>> }
  | { readonly type: "pong" }
  /** Close every socket, then the storage, then end. */
  | { readonly type: "stop" };

/** What the feed asks of the host, with the parameters of each. */
export interface HostRequests {
  /** Runs G-code; answered when it has run. */
  "gcode.script": { readonly script: string };
  /** Starts a file; the path is relative to the folder of G-code files. */
  "print.start": { readonly filename: string };
  "print.pause": Record<string, never>;
  "print.resume": Record<string, never>;
  "print.cancel": Record<string, never>;
  restart: Record<string, never>;
  firmware_restart: Record<string, never>;
  /** Told after the stop flag was set: machine has acted already, the host need only follow. */
  emergency_stop: Record<string, never>;
  /** Answered with `{ x: "open", y: "TRIGGERED", ... }`. */
  query_endstops: Record<string, never>;
  /** A module's own endpoint, by one of the names in the `endpoints` message. */
  endpoint: { readonly name: string; readonly params: Readonly<Record<string, unknown>> };
  /** Starts new log files. Answered with the names of the applications that did. */
  "logs.rollover": { readonly application: string | undefined };
}

export type HostMethod = keyof HostRequests;

/** One request to the host; it is answered by `reply` or `refusal` with the same id. */
export type HostRequest = {
  [M in HostMethod]: {
    readonly type: "request";
    readonly id: number;
    readonly method: M;
    readonly params: HostRequests[M];
  };
}[HostMethod];

export type FeedLogLevel = "debug" | "info" | "warn" | "error";

/** Messages from the feed to the host. */
export type ToHost =
  | HostRequest
  /** Requests that nobody waits for any more: not to be started when they have not been. */
  | { readonly type: "abandon"; readonly ids: readonly number[] }
  /** Asks for a sign of life (`pong`). */
  | { readonly type: "ping" }
  | { readonly type: "listening"; readonly address: FeedAddress }
  /** The feed could not start; it ends after this. */
  | { readonly type: "failed"; readonly error: WireError }
  | {
      readonly type: "log";
      readonly level: FeedLogLevel;
      readonly text: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  /** A file or folder below one of the roots changed, by whomever. */
  | { readonly type: "file"; readonly action: string; readonly root: string; readonly path: string }
  /** A client asked for a restart of the server. */
  | { readonly type: "restart-feed" };

/** Where the feed can be reached. */
export interface FeedAddress {
  readonly url: string;
  readonly port: number;
  readonly adapter: FeedAdapter;
}

export type FeedAdapter = "uws" | "node";

/** Who is trusted without credentials, and which web pages may talk to us. */
export interface AccessSetup {
  /** Addresses and ranges (`192.168.1.0/24`) that need no credentials. Loopback always belongs to them. */
  readonly trusted: readonly string[];
  /** Origins of web clients that are served from elsewhere: `http://*.local`, `https://my.mainsail.xyz`. */
  readonly cors: readonly string[];
  /** Names besides addresses, `localhost` and local domains under which browsers may reach us. */
  readonly hosts: readonly string[];
  readonly apiKey: boolean;
  /** Everybody logs in once there is a user, trusted addresses too. */
  readonly forceLogins: boolean;
}

export interface JobQueueSetup {
  /** Go on with the next job by itself when one is complete. */
  readonly automatic: boolean;
  /** Start with the queue running. */
  readonly loadOnStart: boolean;
  readonly delayS: number;
  /** G-code to run before each job of the queue after the first. */
  readonly transitionGcode: string;
  /** Queue an upload that asks to be printed while a print is running. */
  readonly queueUploads: boolean;
}

export interface MqttSetup {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** First part of every topic. */
  readonly instance: string;
  /** Objects to publish, with their fields or `null` for all. */
  readonly objects: Readonly<Record<string, readonly string[] | null>>;
  readonly intervalS: number;
  /** One topic for each field instead of one for all. */
  readonly split: boolean;
  /** Also answer requests of the API that come over the broker. */
  readonly api: boolean;
}

/** A camera from the configuration; it cannot be changed by clients. */
export interface WebcamSetup {
  readonly name: string;
  readonly streamUrl: string;
  readonly snapshotUrl: string;
  readonly service: string;
}

/** Everything the feed needs to start. Plain data: it is posted to the thread. */
export interface FeedSetup {
  readonly listen: {
    readonly host: string;
    /** 0: any free port. */
    readonly port: number;
    readonly adapter: FeedAdapter | "auto";
    readonly tls?: { readonly certificate: string; readonly key: string };
    /** Path of the Unix socket that speaks Klipper's own API. */
    readonly apiSocket?: string;
  };
  readonly paths: {
    /** Folder of the built-in page. */
    readonly page: string;
    /** Folder of the web client to serve at `/`; the built-in page when missing. */
    readonly web?: string;
    readonly gcodes: string;
    readonly config: string;
    readonly logs: string;
    readonly storage: string;
    readonly logFile: string;
    readonly configFile: string;
  };
  readonly version: string;
  /** Every board is simulated. */
  readonly virtual?: boolean;
  readonly access: AccessSetup;
  readonly limits: {
    /** Largest upload, in bytes. */
    readonly uploadBytes: number;
    /** Host silence after which a request to it is answered with an error, in s. */
    readonly hostSilenceS: number;
    /** Websockets at the same time. */
    readonly sockets: number;
  };
  readonly stores: { readonly temperatures: number; readonly gcode: number };
  readonly jobQueue: JobQueueSetup;
  readonly webcams: readonly WebcamSetup[];
  readonly mqtt?: MqttSetup;
  /** Buffers of the `SharedClock` and the `ControlBlock`. */
  readonly clock: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}
