// thread: feed
import type { MessagePort } from "node:worker_threads";
import { SharedClock } from "../shared/clock.js";
import { ControlBlock } from "../shared/control.js";
import { Access } from "./access/access.js";
import { registerAccessMethods } from "./access/access-methods.js";
import { Users } from "./access/users.js";
import { type FilesParts, makeFiles } from "./assemble-files.js";
import type { CoreParts } from "./core-parts.js";
import { HostLink, type HostMessage } from "./host-link.js";
import { HttpApi } from "./http/http-api.js";
import { Web } from "./http/web.js";
import { PrintStarter } from "./jobs/print-starter.js";
import type { FeedLog } from "./log.js";
import { MachineInfo } from "./machine/machine-info.js";
import { registerPeripherals } from "./machine/peripherals.js";
import type { FeedSetup } from "./messages.js";
import { registerAnnouncements } from "./moonraker/announcements.js";
import { Backups } from "./moonraker/backup-methods.js";
import { ConnectionMethods } from "./moonraker/connection-methods.js";
import { ClientDatabase } from "./moonraker/database-methods.js";
import { JsonRpc } from "./moonraker/json-rpc.js";
import { Methods } from "./moonraker/methods.js";
import { PrinterMethods } from "./moonraker/printer-methods.js";
import { registerServerMethods, serverVersion } from "./moonraker/server-methods.js";
import { Sessions } from "./moonraker/sessions.js";
import { Webcams } from "./moonraker/webcams.js";
import { KlipperApi } from "./others/klipper-api.js";
import { MetricsRoute } from "./others/metrics.js";
import { OctoPrintRoute } from "./others/octoprint.js";
import { Printer, type PrinterEvents } from "./printer.js";
import { GcodeStore } from "./status/gcode-store.js";
import { Lateness } from "./status/lateness.js";
import { StatusObjects } from "./status/objects.js";
import { OwnStatus } from "./status/own-status.js";
import { Subscriptions } from "./status/subscriptions.js";
import { TemperatureStore } from "./status/temperature-store.js";
import { Storage } from "./storage.js";
import { OwnedTimers } from "./timers.js";

/** Everything a running feed is made of. */
export interface FeedParts extends CoreParts, FilesParts {
  readonly temperatures: TemperatureStore;
  readonly machine: MachineInfo;
  readonly klipper: KlipperApi;
  readonly backups: Backups;
  readonly http: HttpApi;
}

/** What the parts need from the feed itself. */
export interface FeedCore extends PrinterEvents {
  onMessage(message: HostMessage): void;
}

/** Makes the parts and ties them together. Throws what opening the storage or reading the settings throws. */
export async function assemble(port: MessagePort, setup: FeedSetup, feed: FeedCore): Promise<FeedParts> {
  const core = await makeCore(port, setup, feed);
  try {
    const parts = makeAll(core);
    await parts.backups.refresh();
    return parts;
  } catch (error) {
    core.timers.close();
    await core.storage.close();
    throw error;
  }
}

async function makeCore(port: MessagePort, setup: FeedSetup, feed: FeedCore): Promise<CoreParts> {
  const log: FeedLog = (level, text, fields = {}) => port.postMessage({ type: "log", level, text, fields });
  const fault = (what: string, error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log("error", "a fault in the feed", { what, error: text });
  };
  const timers = new OwnedTimers();
  const clock = SharedClock.from(setup.clock);
  const control = new ControlBlock(setup.control);
  const storage = await Storage.open(setup.paths.storage);
  if (storage.warning !== "") log("warn", storage.warning);
  const users = await Users.load(storage);
  const access = new Access(setup.access, users, timers);
  const giveUpAfterS = setup.limits.hostSilenceS;
  const link = new HostLink({
    port,
    control,
    clock,
    timers,
    giveUpAfterS,
    onMessage: (message) => feed.onMessage(message),
  });
  const objects = new StatusObjects((name, field, error) =>
    log("warn", "a status field cannot be encoded: its last good state is kept", { name, field, error: String(error) }),
  );
  const lateness = new Lateness();
  const methods = new Methods();
  const rpc = new JsonRpc(methods, fault);
  const ownStatus = new OwnStatus({
    objects,
    link,
    control,
    clock,
    timers,
    lateness,
    isVirtual: setup.virtual ?? false,
  });
  const subscriptions = new Subscriptions({
    objects,
    timers,
    lateness,
    now: () => clock.now(),
    hostConfirmed: () => link.confirmed,
    refresh: () => ownStatus.refresh(),
  });
  const sessions: Sessions = new Sessions({
    timers,
    rpc,
    subscriptions,
    limit: setup.limits.sockets,
    dropped: ({ address, client }, reason) =>
      log("info", "client disconnected", { reason, address, client: client?.name }),
    agentGone: (session) => connections.agentGone(session),
  });
  const connections: ConnectionMethods = new ConnectionMethods(sessions, access);
  rpc.answers = (message) => connections.takeAnswer(message);
  const printer = new Printer(feed);
  const gcodeStore = new GcodeStore(setup.stores.gcode, () => timers.unix());
  const starter = new PrintStarter(printer, link, objects, gcodeStore);
  return {
    setup,
    log,
    fault,
    timers,
    clock,
    control,
    link,
    printer,
    objects,
    subscriptions,
    lateness,
    ownStatus,
    gcodeStore,
    storage,
    users,
    access,
    methods,
    rpc,
    sessions,
    connections,
    starter,
  };
}

function makeAll(core: CoreParts): FeedParts {
  const { setup, methods, sessions, timers, storage, objects, printer, link, gcodeStore, access } = core;
  const temperatures = new TemperatureStore(setup.stores.temperatures, objects);
  const machine = new MachineInfo(timers, sessions);
  const backups = new Backups({
    storage,
    folder: setup.paths.storage,
    isPrinting: () => core.starter.isPrinting,
    restart: () => link.post({ type: "restart-feed" }),
  });
  const database = new ClientDatabase(storage, () => backups.names);
  const webcams = new Webcams(storage, sessions, setup.webcams);
  const files = makeFiles(core);
  const printerMethods = new PrinterMethods({
    ...core,
    now: () => core.clock.now(),
    startPrint: (filename, username) => core.starter.start(filename, username),
  });

  database.register(methods);
  backups.register(methods);
  registerPeripherals(methods);
  core.connections.register(methods);
  printerMethods.register(methods);
  machine.register(methods);
  webcams.register(methods);
  registerAnnouncements(methods);
  registerAccessMethods(methods, core);
  registerServerMethods(methods, {
    ...core,
    temperatures,
    directories: () => files.roots.all.map(({ name }) => name),
    warnings: storage.warning === "" ? [] : [storage.warning],
  });
  database.show("webcams", () => Object.fromEntries(webcams.list().map((webcam) => [webcam.uid, webcam])));
  database.show("gcode_metadata", () => Object.fromEntries(files.metadata.all()));
  core.ownStatus.watch({ clients: () => sessions.count, uploads: () => files.uploads.progress });

  const klipper = new KlipperApi({ ...core, printerMethods, now: () => core.clock.now() });
  const octoPrint = new OctoPrintRoute({ version: serverVersion(setup), printer, objects, link, gcodeStore });
  octoPrint.register(methods);
  const metrics = new MetricsRoute({
    ...core,
    machine,
    hostSilenceS: () => link.silenceS,
    requests: () => http.requests,
  });
  const http: HttpApi = new HttpApi({
    access,
    methods,
    rpc: core.rpc,
    web: new Web(setup.paths.page, setup.paths.web),
    routes: [files.uploads, octoPrint, files.downloads, metrics],
    timers,
    fault: core.fault,
  });
  return { ...core, ...files, temperatures, machine, klipper, backups, http };
}
