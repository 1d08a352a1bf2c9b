// thread: host
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Config } from "../config/config.js";
import { diskFiles } from "../config/files.js";
import { compileCore } from "../core/load.js";
import { expandHome } from "../devices/job-files.js";
import type { FeedAddress, FeedSetup } from "../feed/messages.js";
import { createLog, type ProgramLog } from "../logs.js";
import { openSerialPort, pulseControlLines } from "../ports/serial-port.js";
import type { BoardOptions } from "../printer/board-section.js";
import { FeedBridge } from "../printer/feed-bridge.js";
import type { BridgedSession } from "../printer/feed-session.js";
import { PrinterSession } from "../printer/session.js";
import { type OpenPort, WorkerMachines } from "../printer/worker-machines.js";
import type { SharedClock } from "../shared/clock.js";
import { ControlBlock } from "../shared/control.js";
import { HostError } from "../shared/errors.js";
import { packageFolder, VERSION } from "../version.js";
import { type MoonrakerSettings, readMoonrakerConf } from "./moonraker-conf.js";
import type { Terminal } from "./terminal.js";

/** How a live printer is run. */
export interface LiveOptions {
  /** Path of printer.cfg. */
  readonly config: string;
  /** Folder of everything that this program keeps. */
  readonly data: string;
  readonly isVirtual: boolean;
  readonly clock: SharedClock;
  /** Folder of print files in place of the configured one. */
  readonly jobFolder: string | undefined;
  /** Folder of the owner's own modules in place of `modules/` beside the configuration. */
  readonly modulesFolder?: string | undefined;
  readonly feed: FeedOptions;
  readonly terminal: Terminal;
}

/** What the feed is told on the command line. */
export interface FeedOptions {
  readonly host: string;
  readonly port: number;
  readonly web: string | undefined;
  readonly trusted: readonly string[];
  readonly cors: readonly string[];
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  readonly apiSocket: string | undefined;
}

/** Host silence after which a client gets an error in place of an answer, in s. */
const HOST_SILENCE_S = 2;
const SOCKETS = 2000;

/** Where this program keeps things unless told otherwise: where Moonraker's installers keep them. */
export const defaultData = (): string => join(homedir(), "printer_data");

/** A printer with its clients: everything that `run` and `print` have in common. */
export class LivePrinter {
  readonly session: PrinterSession;
  readonly machines: WorkerMachines;
  readonly control: ControlBlock;
  readonly log: ProgramLog;
  readonly #bridge: FeedBridge;
  /** Objects of the life of the printer that clients see: a restart brings others. */
  #shown: unknown;
  #stopping: Promise<void> | undefined;

  private constructor(parts: {
    readonly session: PrinterSession;
    readonly machines: WorkerMachines;
    readonly control: ControlBlock;
    readonly log: ProgramLog;
    readonly bridge: FeedBridge;
  }) {
    this.session = parts.session;
    this.machines = parts.machines;
    this.control = parts.control;
    this.log = parts.log;
    this.#bridge = parts.bridge;
  }

  /**
   * Makes everything; nothing runs before `start`. Rejects when the folder of data cannot be used or the motion core not
   * be loaded.
   */
  static async create(options: LiveOptions): Promise<LivePrinter> {
    const folders = foldersOf(options);
    const configured = await configuredJobFolder(options.config);
    const jobFolder = options.jobFolder ?? (configured === undefined ? folders.gcodes : undefined);
    const gcodes = jobFolder ?? configured ?? folders.gcodes;
    for (const folder of [folders.logs, gcodes]) mkdirSync(folder, { recursive: true });
    const log = createLog(folders.logFile, (line) => options.terminal.error(line.trimEnd()));
    const control = new ControlBlock();
    const machines = new WorkerMachines({
      clock: options.clock,
      control,
      module: await compileCore({ shared: true }),
      log: log.log,
      openPort,
    });
    const session = new PrinterSession({
      configPath: options.config,
      machines,
      clock: options.clock,
      control,
      log: log.log,
      version: VERSION,
      isVirtual: options.isVirtual,
      ...(jobFolder === undefined ? {} : { jobFolder }),
      ...(options.modulesFolder === undefined ? {} : { modulesFolder: options.modulesFolder }),
    });
    const former = await readMoonrakerConf(join(dirname(resolve(options.config)), "moonraker.conf"), diskFiles);
    for (const note of former.notes) log.log.warn({ file: "moonraker.conf", note }, "a former setting is left out");
    const bridge = new FeedBridge({
      setup: feedSetup(options, { ...folders, gcodes }, control, former),
      clock: options.clock,
      log: log.log,
      rolloverLogs: () => {
        log.file?.rotate();
        return Promise.resolve(["steadyhand"]);
      },
    });
    return new LivePrinter({ session, machines, control, log, bridge });
  }

  /** Starts the feed, then the printer. Rejects with a `FEED_...` error; a printer that does not start is shown as such. */
  async start(): Promise<FeedAddress> {
    const address = await this.#bridge.start();
    this.session.listen({
      state: (state) => {
        if (state === "disconnected") this.#bridge.detach();
        else if (this.#shown !== this.session.objects) this.#show();
      },
    });
    this.#show();
    await this.session.start();
    return address;
  }

  /** Ends everything, in order: clients, printer, log. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #show(): void {
    this.#shown = this.session.objects;
    this.#bridge.attach(bridgedSession(this.session));
  }

  async #stop(): Promise<void> {
    await this.#bridge.stop();
    await this.session.close();
    this.log.file?.close();
  }
}

interface Folders {
  readonly gcodes: string;
  readonly logs: string;
  readonly logFile: string;
  readonly storage: string;
}

function foldersOf({ data }: LiveOptions): Folders {
  const logs = join(data, "logs");
  return { gcodes: join(data, "gcodes"), logs, logFile: join(logs, "steadyhand.log"), storage: join(data, "database") };
}

/** The folder that `[virtual_sdcard]` names, for clients: known even when the rest of the configuration is wrong. */
async function configuredJobFolder(config: string): Promise<string | undefined> {
  try {
    const loaded = await Config.load(config, diskFiles);
    const path = loaded.raw()["virtual_sdcard"]?.["path"];
    return path === undefined ? undefined : resolve(expandHome(path));
  } catch {
    // The session reads it again and tells what is wrong.
    return undefined;
  }
}

function feedSetup(
  { clock, config, feed, isVirtual }: LiveOptions,
  folders: Folders,
  control: ControlBlock,
  former: MoonrakerSettings,
): FeedSetup {
  const { access, jobQueue, stores, uploadBytes, webcams, mqtt } = former;
  return {
    listen: {
      host: feed.host,
      port: feed.port,
      adapter: "auto",
      ...(feed.tls === undefined ? {} : { tls: feed.tls }),
      ...(feed.apiSocket === undefined ? {} : { apiSocket: feed.apiSocket }),
    },
    paths: {
      page: fileURLToPath(new URL("build/js/host/feed/page", packageFolder)),
      ...(feed.web === undefined ? {} : { web: feed.web }),
      gcodes: folders.gcodes,
      config: dirname(resolve(config)),
      logs: folders.logs,
      storage: folders.storage,
      logFile: folders.logFile,
      configFile: resolve(config),
    },
    version: VERSION,
    virtual: isVirtual,
    access: { ...access, trusted: [...feed.trusted, ...access.trusted], cors: [...feed.cors, ...access.cors] },
    limits: { uploadBytes, hostSilenceS: HOST_SILENCE_S, sockets: SOCKETS },
    stores,
    jobQueue,
    webcams,
    ...(mqtt === undefined ? {} : { mqtt }),
    clock: clock.buffer,
    control: control.buffer,
  };
}

/** Opens a real board's port, after resetting the board by its control lines when that is wanted. */
async function openPort({ name, port, restartMethod }: BoardOptions, reset: boolean): Promise<OpenPort> {
  if (port.kind !== "serial") {
    throw new HostError("MCU_PORT_OPEN", "boards on a CAN bus cannot be reached yet", {
      details: { mcu: name, port: port.kind, reason: "no CAN link" },
      fix: "connect the board by USB, or flash it as a USB-to-CAN bridge and give its 'serial'.",
      place: { device: `mcu '${name}'` },
    });
  }
  if (reset && (restartMethod === "arduino" || restartMethod === "cheetah")) {
    await pulseControlLines(name, port.path, port.baud, restartMethod);
  }
  const request = await openSerialPort(name, port.path, port.baud);
  // The machine thread closes the descriptor.
  return { request, close: () => Promise.resolve() };
}

/** The session as the feed sees it. */
function bridgedSession(session: PrinterSession): BridgedSession {
  return {
    get state() {
      return session.state === "disconnected" ? "startup" : session.state;
    },
    get stateMessage() {
      return session.stateMessage;
    },
    objects: session.objects,
    get snapshot() {
      const { machine } = session;
      return machine === undefined ? undefined : { buffer: machine.snapshot, layout: machine.layout };
    },
    get commands() {
      return session.commands;
    },
    get endpoints() {
      return session.endpoints;
    },
    get printJob() {
      return session.service("printJob");
    },
    get homing() {
      return session.service("homing");
    },
    run: (script, origin) => session.run(script, origin),
    askEndpoint: (name, params) => session.callEndpoint(name, params),
    stop: () => session.emergencyStop(),
    restart: (kind) => void session.restart(kind),
    listen: ({ state, output, remoteCall }) => session.listen({ state: () => state(), output, remoteCall }),
  };
}
