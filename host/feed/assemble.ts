// thread: feed
import type { MessagePort } from "node:worker_threads";
import { SharedClock } from "../shared/clock.js";
import { ControlBlock } from "../shared/control.js";
import { Access } from "./access/access.js";
import { registerAccessMethods } from "./access/access-methods.js";
import { Users } from "./access/users.js";
import { HostLink, type HostMessage } from "./host-link.js";
import { HttpApi } from "./http/http-api.js";
import { Web } from "./http/web.js";
import type { FeedLogLevel, FeedSetup, ToHost } from "./messages.js";
import { ConnectionMethods } from "./moonraker/connection-methods.js";
import { JsonRpc } from "./moonraker/json-rpc.js";
import { Methods } from "./moonraker/methods.js";
import { PrinterMethods } from "./moonraker/printer-methods.js";
import { registerServerMethods } from "./moonraker/server-methods.js";
import { Sessions } from "./moonraker/sessions.js";
import { Printer } from "./printer.js";
import { GcodeStore } from "./status/gcode-store.js";
import { Lateness } from "./status/lateness.js";
import { StatusObjects } from "./status/objects.js";
import { OwnStatus } from "./status/own-status.js";
import { Subscriptions } from "./status/subscriptions.js";
import { TemperatureStore } from "./status/temperature-store.js";
import { Storage } from "./storage.js";
import { OwnedTimers } from "./timers.js";

/** Writes to the program's log, which the host keeps. */
export type FeedLog = (level: FeedLogLevel, text: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Everything a running feed is made of. */
export interface FeedParts {
  readonly setup: FeedSetup;
  readonly log: FeedLog;
  readonly timers: OwnedTimers;
  readonly clock: SharedClock;
  readonly control: ControlBlock;
  readonly link: HostLink;
  readonly printer: Printer;
  readonly objects: StatusObjects;
  readonly subscriptions: Subscriptions;
  readonly lateness: Lateness;
  readonly gcodeStore: GcodeStore;
  readonly temperatures: TemperatureStore;
  readonly storage: Storage;
  readonly access: Access;
  readonly sessions: Sessions;
  readonly methods: Methods;
  readonly connections: ConnectionMethods;
  readonly http: HttpApi;
}

/** What the parts need from the feed itself. */
export interface FeedCore {
  readonly onMessage: (message: HostMessage) => void;
  readonly onReady: () => void;
  readonly onShutdown: () => void;
  readonly onDisconnected: () => void;
}

/** Makes the parts and ties them together. Throws what opening the storage or reading the settings throws. */
export async function assemble(port: MessagePort, setup: FeedSetup, core: FeedCore): Promise<FeedParts> {
  const log: FeedLog = (level, text, fields = {}) => {
    const message: ToHost = { type: "log", level, text, fields };
    port.postMessage(message);
  };
  const fault = (what: string, error: unknown): void =>
    log("error", "request failed by a fault of the feed", {
      what,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  const timers = new OwnedTimers();
  const clock = SharedClock.from(setup.clock);
  const control = new ControlBlock(setup.control);
  const storage = Storage.open(setup.paths.storage);
  const users = await Users.load(storage);
  const access = new Access(setup.access, users, timers);
  const link = new HostLink({
    port,
    control,
    clock,
    timers,
    giveUpAfterS: setup.limits.hostSilenceS,
    onMessage: core.onMessage,
  });
  const objects = new StatusObjects((name, field, error) =>
    log("warn", "a status field cannot be encoded: its last good state is kept", { name, field, error: String(error) }),
  );
  const lateness = new Lateness();
  const now = () => clock.now();
  const methods = new Methods();
  const rpc = new JsonRpc(methods, fault);
  const ownStatus = new OwnStatus({ objects, link, control, clock, timers, lateness, clients: () => sessions.count });
  const subscriptions = new Subscriptions({
    objects,
    timers,
    lateness,
    now,
    hostConfirmed: () => link.confirmed,
    refresh: () => ownStatus.refresh(),
  });
  const sessions: Sessions = new Sessions({
    timers,
    rpc,
    subscriptions,
    limit: setup.limits.sockets,
    dropped: (session, reason) =>
      log("info", "client disconnected", { reason, address: session.address, client: session.client?.name }),
    agentGone: (session) => connections.agentGone(session),
  });
  const connections: ConnectionMethods = new ConnectionMethods(sessions, access);
  rpc.answers = (message) => connections.takeAnswer(message);
  const printer = new Printer({
    ready: core.onReady,
    shutdown: core.onShutdown,
    disconnected: core.onDisconnected,
  });
  const gcodeStore = new GcodeStore(setup.stores.gcode, () => timers.unix());
  const temperatures = new TemperatureStore(setup.stores.temperatures, objects);
  const startPrint = async (filename: string): Promise<void> => {
    printer.requireConnected();
    gcodeStore.add("command", `SDCARD_PRINT_FILE FILENAME="${filename}"`);
    await link.request("print.start", { filename });
  };

  connections.register(methods);
  registerAccessMethods(methods, { access, users, sessions, timers });
  registerServerMethods(methods, {
    setup,
    printer,
    link,
    sessions,
    gcodeStore,
    temperatures,
    directories: () => ["config", "logs", "gcodes"],
    warnings: [],
  });
  const printerMethods = new PrinterMethods({
    setup,
    printer,
    link,
    control,
    objects,
    subscriptions,
    sessions,
    gcodeStore,
    now,
    startPrint,
  });
  printerMethods.register(methods);
  const http = new HttpApi({
    access,
    methods,
    rpc,
    web: new Web(setup.paths.page, setup.paths.web),
    routes: [],
    fault,
  });
  return {
    setup,
    log,
    timers,
    clock,
    control,
    link,
    printer,
    objects,
    subscriptions,
    lateness,
    gcodeStore,
    temperatures,
    storage,
    access,
    sessions,
    methods,
    connections,
    http,
  };
}
