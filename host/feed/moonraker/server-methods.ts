// thread: feed
import { ApiError } from "../api-error.js";
import type { HostLink } from "../host-link.js";
import type { JsonRecord } from "../json-value.js";
import type { FeedSetup } from "../messages.js";
import type { Printer } from "../printer.js";
import type { GcodeStore } from "../status/gcode-store.js";
import type { TemperatureStore } from "../status/temperature-store.js";
import type { Methods } from "./methods.js";
import type { Sessions } from "./sessions.js";

/** The version of the API that we speak. */
const API_VERSION = [1, 5, 0] as const;
/** The level of Moonraker's API that we speak: clients compare it with what they need. */
const COMPATIBLE_WITH = "v0.10.0-400";

export interface ServerParts {
  readonly setup: FeedSetup;
  readonly printer: Printer;
  readonly link: HostLink;
  readonly sessions: Sessions;
  readonly gcodeStore: GcodeStore;
  readonly temperatures: TemperatureStore;
  readonly directories: () => readonly string[];
  /** Things that the owner should know, shown by clients. */
  readonly warnings: readonly string[];
}

/** The version that clients compare with what they need, followed by our own. */
export const serverVersion = (setup: FeedSetup): string => `${COMPATIBLE_WITH}-steadyhand-${setup.version}`;

/** Methods about this server. */
export function registerServerMethods(methods: Methods, parts: ServerParts): void {
  const { setup, printer, sessions, gcodeStore, temperatures, link } = parts;
  methods.add("data_store", [
    {
      name: "server.info",
      http: ["GET /server/info"],
      open: true,
      handler: () => ({
        klippy_connected: printer.isConnected,
        klippy_state: printer.state,
        components: methods.components,
        failed_components: [],
        registered_directories: parts.directories(),
        warnings: parts.warnings,
        websocket_count: sessions.count,
        moonraker_version: serverVersion(setup),
        missing_klippy_requirements: [],
        api_version: API_VERSION,
        api_version_string: API_VERSION.join("."),
      }),
    },
    { name: "server.config", http: ["GET /server/config"], handler: () => serverConfig(setup) },
    {
      name: "server.temperature_store",
      http: ["GET /server/temperature_store"],
      handler: (args) => temperatures.toJson(args.flag("include_monitors")),
    },
    {
      name: "server.gcode_store",
      http: ["GET /server/gcode_store"],
      handler: (args) => ({ gcode_store: gcodeStore.last(args.optionalCount("count")) }),
    },
    {
      name: "server.restart",
      http: ["POST /server/restart"],
      handler: (_args, caller) => {
        caller.afterReply(() => link.post({ type: "restart-feed" }));
        return "ok";
      },
    },
    {
      name: "server.logs.rollover",
      http: ["POST /server/logs/rollover"],
      handler: async (args) => {
        const application = args.optionalString("application");
        if (application !== undefined && application !== "moonraker" && application !== "klipper") {
          throw new ApiError(400, `no log of an application '${application}' is kept here`);
        }
        return await link.request("logs.rollover", { application });
      },
    },
  ]);
}

function serverConfig(setup: FeedSetup): JsonRecord {
  const config = {
    server: {
      host: setup.listen.host,
      port: setup.listen.port,
      max_upload_size: Math.round(setup.limits.uploadBytes / 2 ** 20),
    },
    data_store: { temperature_store_size: setup.stores.temperatures, gcode_store_size: setup.stores.gcode },
    file_manager: {
      queue_gcode_uploads: setup.jobQueue.queueUploads,
      enable_object_processing: false,
    },
    authorization: {
      force_logins: setup.access.forceLogins,
      enable_api_key: setup.access.apiKey,
      cors_domains: setup.access.cors,
      trusted_clients: setup.access.trusted,
      default_source: "moonraker",
    },
    job_queue: {
      automatic_transition: setup.jobQueue.automatic,
      load_on_startup: setup.jobQueue.loadOnStart,
      job_transition_delay: setup.jobQueue.delayS,
      job_transition_gcode: setup.jobQueue.transitionGcode,
    },
    machine: { provider: "none" },
    database: {},
    history: {},
    octoprint_compat: {},
    announcements: { subscriptions: [] },
    webcam: {},
  };
  const orig = Object.fromEntries(
    Object.entries(config).map(([section, options]) => [
      section,
      Object.fromEntries(Object.entries(options).map(([option, value]) => [option, String(value)])),
    ]),
  );
  return { config, orig, files: [] };
}
