// thread: host
import { isIP } from "node:net";
import { Config } from "../config/config.js";
import type { ConfigFiles } from "../config/files.js";
import type { FeedSetup, MqttSetup, WebcamSetup } from "../feed/messages.js";

type Section = Readonly<Record<string, string>>;

/** What a `moonraker.conf` says that the feed can use. */
export interface MoonrakerSettings {
  readonly access: Pick<FeedSetup["access"], "trusted" | "cors" | "hosts" | "apiKey" | "forceLogins">;
  readonly jobQueue: FeedSetup["jobQueue"];
  readonly stores: FeedSetup["stores"];
  readonly uploadBytes: number;
  readonly webcams: readonly WebcamSetup[];
  readonly mqtt: MqttSetup | undefined;
  /** What was left out, for the log. */
  readonly notes: readonly string[];
}

const MEGABYTE = 1024 * 1024;
/** Moonraker's own defaults, which clients are used to. */
const UPLOAD_MB = 1024;
const TEMPERATURES = 1200;
const GCODE_LINES = 1000;
const JOB_DELAY_S = 0.01;
const MQTT_PORT = 1883;
const MQTT_TLS_PORT = 8883;
const MQTT_INTERVAL_S = 0.25;
const MIN_MQTT_INTERVAL_S = 0.25;
const NOTHING: Section = {};
const YES = new Set(["true", "yes", "on", "1"]);

/**
 * Reads the `moonraker.conf` that an owner has from before: who is trusted, cameras, job queue, sizes, MQTT. A file that
 * is not there is the same as an empty one. Nothing in it can keep the feed from starting: what cannot be used is noted.
 */
export async function readMoonrakerConf(path: string, files: ConfigFiles): Promise<MoonrakerSettings> {
  let sections: Readonly<Record<string, Section>> = {};
  const notes: string[] = [];
  try {
    const config = await Config.load(path, files);
    sections = config.raw();
    // Of a file that is there, but cannot be read as it is.
    if (config.names.length > 0) notes.push(...config.tree.errors.map((problem) => problem.format()));
  } catch (error) {
    notes.push(error instanceof Error ? error.message : String(error));
  }
  const server = sections["server"] ?? NOTHING;
  const store = sections["data_store"] ?? NOTHING;
  const jobs = sections["job_queue"] ?? NOTHING;
  return {
    access: accessOf(sections["authorization"] ?? NOTHING, notes),
    jobQueue: {
      automatic: flag(jobs["automatic_transition"], false),
      loadOnStart: flag(jobs["load_on_startup"], false),
      delayS: amount(jobs["job_transition_delay"], JOB_DELAY_S, 0),
      transitionGcode: (jobs["job_transition_gcode"] ?? "").trim(),
      queueUploads: flag(sections["file_manager"]?.["queue_gcode_uploads"], false),
    },
    stores: {
      temperatures: Math.round(amount(store["temperature_store_size"], TEMPERATURES, 1)),
      gcode: Math.round(amount(store["gcode_store_size"], GCODE_LINES, 1)),
    },
    uploadBytes: amount(server["max_upload_size"], UPLOAD_MB, 1) * MEGABYTE,
    webcams: webcamsOf(sections),
    mqtt: sections["mqtt"] === undefined ? undefined : mqttOf(sections["mqtt"], notes),
    notes,
  };
}

function accessOf(section: Section, notes: string[]): MoonrakerSettings["access"] {
  const trusted: string[] = [];
  const hosts: string[] = [];
  for (const entry of words(section["trusted_clients"])) {
    if (isIP(entry.split("/")[0] ?? "") !== 0) trusted.push(entry);
    else notes.push(`trusted_clients: '${entry}' is left out: only addresses and ranges can be trusted`);
  }
  const cors = words(section["cors_domains"]).map((entry) => (entry.includes("://") ? entry : `*://${entry}`));
  return {
    trusted,
    cors,
    hosts,
    apiKey: flag(section["enable_api_key"], true),
    forceLogins: flag(section["force_logins"], false),
  };
}

function webcamsOf(sections: Readonly<Record<string, Section>>): WebcamSetup[] {
  const webcams: WebcamSetup[] = [];
  for (const [name, section] of Object.entries(sections)) {
    const title = /^webcam\s+(.+)$/.exec(name)?.[1];
    if (title === undefined || !flag(section["enabled"], true)) continue;
    webcams.push({
      name: title,
      streamUrl: section["stream_url"] ?? "",
      snapshotUrl: section["snapshot_url"] ?? "",
      service: section["service"] ?? "mjpegstreamer",
    });
  }
  return webcams;
}

function mqttOf(section: Section, notes: string[]): MqttSetup | undefined {
  const { address } = section;
  if (address === undefined || address === "") {
    notes.push("mqtt: there is no address of a broker");
    return undefined;
  }
  const isTls = flag(section["enable_tls"], false);
  const port = Math.round(amount(section["port"], isTls ? MQTT_TLS_PORT : MQTT_PORT, 1));
  for (const name of ["username", "password"]) {
    if (!section[name]?.includes("{")) continue;
    notes.push(`mqtt: ${name} is a template, which is not known here: write the value itself`);
    return undefined;
  }
  return {
    url: `${isTls ? "mqtts" : "mqtt"}://${address.includes(":") ? `[${address}]` : address}:${port}`,
    ...(section["username"] === undefined ? {} : { username: section["username"] }),
    ...(section["password"] === undefined ? {} : { password: section["password"] }),
    instance: section["instance_name"] ?? "steadyhand",
    objects: statusObjects(section["status_objects"]),
    intervalS: Math.max(MIN_MQTT_INTERVAL_S, amount(section["status_interval"], MQTT_INTERVAL_S, 0)),
    split: flag(section["publish_split_status"], false),
    api: flag(section["enable_moonraker_api"], true),
  };
}

/** Lines of `object` or `object=field, field`. */
function statusObjects(value: string | undefined): MqttSetup["objects"] {
  const objects: Record<string, readonly string[] | null> = {};
  for (const line of (value ?? "").split("\n")) {
    const [name = "", fields = ""] = line.split("=", 2).map((part) => part.trim());
    if (name !== "") objects[name] = fields === "" ? null : words(fields);
  }
  return objects;
}

/** Entries of a list: on lines of their own, or with commas between them. */
const words = (value: string | undefined): string[] =>
  (value ?? "")
    .split(/[\n,]/)
    .map((word) => word.trim())
    .filter((word) => word !== "");

const flag = (value: string | undefined, otherwise: boolean): boolean =>
  value === undefined ? otherwise : YES.has(value.trim().toLowerCase());

/** The number, when it is one and not below `least`. */
function amount(value: string | undefined, otherwise: number, least: number): number {
  const number = value === undefined || value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) && number >= least ? number : otherwise;
}
