// thread: feed
import { randomUUID } from "node:crypto";
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { ApiError } from "../api-error.js";
import { isRecord, type JsonRecord } from "../json-value.js";
import type { WebcamSetup } from "../messages.js";
import type { Storage, Table } from "../storage.js";
import type { Args } from "./args.js";
import type { Methods } from "./methods.js";
import type { Sessions } from "./sessions.js";

const LOCAL_WEB = "http://127.0.0.1/";
const REACH_MS = 2000;
const ROTATIONS = new Set([0, 90, 180, 270]);

/** A camera as clients see it; we only remember where it is. */
export interface Webcam {
  readonly name: string;
  readonly location: string;
  readonly service: string;
  readonly enabled: boolean;
  readonly icon: string;
  readonly target_fps: number;
  readonly target_fps_idle: number;
  readonly stream_url: string;
  readonly snapshot_url: string;
  readonly flip_horizontal: boolean;
  readonly flip_vertical: boolean;
  readonly rotation: number;
  readonly aspect_ratio: string;
  readonly extra_data: JsonRecord;
  readonly source: "config" | "database";
  readonly uid: string;
}

const DEFAULTS: Omit<Webcam, "uid"> = {
  name: "",
  location: "printer",
  service: "mjpegstreamer",
  enabled: true,
  icon: "mdiWebcam",
  target_fps: 15,
  target_fps_idle: 5,
  stream_url: "",
  snapshot_url: "",
  flip_horizontal: false,
  flip_vertical: false,
  rotation: 0,
  aspect_ratio: "4:3",
  extra_data: {},
  source: "database",
};

function decodeWebcam(value: unknown): Webcam | undefined {
  if (!isRecord(value)) return undefined;
  const { name, uid, stream_url: stream } = value;
  if (typeof name !== "string" || typeof uid !== "string" || typeof stream !== "string") return undefined;
  return { ...DEFAULTS, ...value, name, uid, stream_url: stream };
}

/** The cameras that clients have entered, and those of the configuration. */
export class Webcams {
  readonly #table: Table<Webcam>;
  readonly #sessions: Sessions;
  readonly #all = new Map<string, Webcam>();

  constructor(storage: Storage, sessions: Sessions, configured: readonly WebcamSetup[]) {
    this.#table = storage.table("webcams", decodeWebcam);
    this.#sessions = sessions;
    for (const [index, { name, streamUrl, snapshotUrl, service }] of configured.entries()) {
      const uid = `config-${index}`;
      const urls = { stream_url: streamUrl, snapshot_url: snapshotUrl };
      this.#all.set(uid, { ...DEFAULTS, name, service, ...urls, source: "config", uid });
    }
    for (const [, webcam] of this.#table.entries()) this.#all.set(webcam.uid, webcam);
  }

  list(): Webcam[] {
    return [...this.#all.values()];
  }

  register(methods: Methods): void {
    methods.add("webcam", [
      {
        name: "server.webcams.list",
        http: ["GET /server/webcams/list"],
        handler: () => ({ webcams: this.list() }),
      },
      {
        name: "server.webcams.get_item",
        http: ["GET /server/webcams/item"],
        handler: (args) => ({ webcam: this.#find(args) }),
      },
      { name: "server.webcams.post_item", http: ["POST /server/webcams/item"], handler: (args) => this.#post(args) },
      {
        name: "server.webcams.delete_item",
        http: ["DELETE /server/webcams/item"],
        handler: (args) => this.#delete(args),
      },
      { name: "server.webcams.test", http: ["POST /server/webcams/test"], handler: (args) => this.#test(args) },
    ]);
  }

  #find(args: Args): Webcam {
    const uid = args.optionalString("uid");
    const name = uid === undefined ? args.string("name") : undefined;
    const found = uid === undefined ? this.list().find((webcam) => webcam.name === name) : this.#all.get(uid);
    if (found === undefined) throw new ApiError(404, `Webcam '${uid ?? name}' not found`);
    return found;
  }

  async #post(args: Args): Promise<JsonRecord> {
    const uid = args.optionalString("uid");
    const former = uid === undefined ? undefined : this.#find(args);
    if (former?.source === "config") throw new ApiError(400, `Webcam '${former.name}' is set in the configuration`);
    const base = former ?? {
      ...DEFAULTS,
      uid: randomUUID(),
      name: args.string("name"),
      stream_url: args.string("stream_url"),
    };
    const webcam = changed(base, args);
    if (this.list().some((other) => other.name === webcam.name && other.uid !== webcam.uid)) {
      throw new ApiError(400, `Webcam '${webcam.name}' exists already`);
    }
    this.#all.set(webcam.uid, webcam);
    await this.#table.put(webcam.uid, webcam);
    this.#tell();
    return { webcam };
  }

  async #delete(args: Args): Promise<JsonRecord> {
    const webcam = this.#find(args);
    if (webcam.source === "config") throw new ApiError(400, `Webcam '${webcam.name}' is set in the configuration`);
    this.#all.delete(webcam.uid);
    await this.#table.remove(webcam.uid);
    this.#tell();
    return { webcam };
  }

  /** Tries the picture of a camera. Addresses without a host are those of the web server beside us. */
  async #test(args: Args): Promise<JsonRecord> {
    const webcam = this.#find(args);
    const [stream, snapshot] = [absolute(webcam.stream_url), absolute(webcam.snapshot_url)];
    return {
      name: webcam.name,
      snapshot_reachable: await isReachable(snapshot),
      snapshot_url: snapshot,
      stream_url: stream,
    };
  }

  #tell(): void {
    this.#sessions.broadcast("notify_webcams_changed", { webcams: this.list() });
  }
}

function absolute(url: string): string {
  if (url === "") return "";
  try {
    return new URL(url, LOCAL_WEB).href;
  } catch {
    return url;
  }
}

/** Whether something answers with a success at this address within 2 s. */
function isReachable(url: string): Promise<boolean> {
  if (!/^https?:/.test(url)) return Promise.resolve(false);
  const get = url.startsWith("https:") ? getSecure : getPlain;
  return new Promise((resolve) => {
    const request = get(url, { timeout: REACH_MS }, ({ statusCode = 0 }) => {
      resolve(statusCode >= 200 && statusCode < 300);
      request.destroy();
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
}

function changed(base: Webcam, args: Args): Webcam {
  const rotation = args.optionalNumber("rotation") ?? base.rotation;
  if (!ROTATIONS.has(rotation)) throw new ApiError(400, "Argument [rotation] must be 0, 90, 180 or 270");
  return {
    ...base,
    name: args.optionalString("name") ?? base.name,
    location: args.optionalString("location") ?? base.location,
    service: args.optionalString("service") ?? base.service,
    enabled: args.flag("enabled", base.enabled),
    icon: args.optionalString("icon") ?? base.icon,
    target_fps: args.optionalNumber("target_fps") ?? base.target_fps,
    target_fps_idle: args.optionalNumber("target_fps_idle") ?? base.target_fps_idle,
    stream_url: args.optionalString("stream_url") ?? base.stream_url,
    snapshot_url: args.optionalString("snapshot_url") ?? base.snapshot_url,
    flip_horizontal: args.flag("flip_horizontal", base.flip_horizontal),
    flip_vertical: args.flag("flip_vertical", base.flip_vertical),
    rotation,
    aspect_ratio: args.optionalString("aspect_ratio") ?? base.aspect_ratio,
    extra_data: args.has("extra_data") ? args.object("extra_data") : base.extra_data,
  };
}
