// Load on the status feed: many websocket clients with all objects subscribed while a print is running.
//
//   node build/js/bench/feed-load.js [--clients 1000] [--seconds 20] [--adapter uws|node] [--rate 4] [--block 5]
//
// Three processes on one computer, as an owner would have it at worst: the server (host thread and feed thread), the
// clients, and this one, which prints the figures. Lateness is the time from the tick that an update belongs to, as its
// `eventtime` says, to its arrival in the client: both processes read the same monotonic clock.
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { FeedClient } from "../host/feed/client.js";
import type { FeedSetup } from "../host/feed/messages.js";
import { monotonic, SharedClock } from "../host/shared/clock.js";
import { ControlBlock } from "../host/shared/control.js";
import {
  SNAPSHOT_FIRST_FREE,
  type SnapshotField,
  type SnapshotLayout,
  SnapshotWriter,
} from "../host/shared/snapshot.js";

const SELF = fileURLToPath(import.meta.url);
const PUBLISH_MS = 100;
const SNAPSHOT_MS = 50;
const QUERY_MS = 20;
const BLOCK_AFTER_MS = 1000;
const CONNECT_AT_ONCE = 20;

interface Options {
  readonly clients: number;
  readonly seconds: number;
  readonly adapter: "uws" | "node";
  readonly rate: number;
  /** How long the host is kept busy without a pause in the middle, in s. */
  readonly block: number;
}

interface ServerFigures {
  readonly cpuPercent: number;
  readonly residentMb: number;
}

interface ClientFigures {
  readonly updates: number;
  /** Lateness of updates, and round trip of queries and of `printer.info` meanwhile, in ms. */
  readonly lateMs: Quantiles;
  readonly queryMs: Quantiles;
  readonly infoMs: Quantiles;
  readonly bytesPerUpdate: number;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

function quantiles(values: number[]): Quantiles {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number): number =>
    Number((sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(1));
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

// The server.

const HEATERS = ["extruder", "heater_bed", "heater_generic chamber"];
const SENSORS = ["temperature_sensor host", "temperature_sensor board", "temperature_fan box"];
const FANS = ["fan", "heater_fan hotend", "controller_fan board", "fan_generic exhaust"];

/** The numbers of a usual printer's snapshot. */
function layout(): SnapshotLayout {
  const fields: SnapshotField[] = [];
  let slot = SNAPSHOT_FIRST_FREE;
  const add = (object: string, field: string, width = 1, digits = 3): void => {
    fields.push({ object, field, slot, kind: width === 1 ? "number" : "list", width, digits });
    slot += width;
  };
  add("motion_report", "live_position", 4);
  add("motion_report", "live_velocity");
  add("motion_report", "live_extruder_velocity");
  add("toolhead", "print_time");
  add("toolhead", "estimated_print_time");
  for (const name of HEATERS) {
    add(name, "temperature", 1, 2);
    add(name, "power", 1, 2);
  }
  for (const name of SENSORS) add(name, "temperature", 1, 2);
  return { slots: slot, fields };
}

/** Objects as the host publishes them while it prints. */
function statuses(step: number): [string, Record<string, unknown>][] {
  const seconds = step * (PUBLISH_MS / 1000);
  const position = [100 + Math.sin(step) * 50, 100 + Math.cos(step) * 50, 0.2 * Math.floor(step / 100), step];
  const objects: [string, Record<string, unknown>][] = [
    [
      "gcode_move",
      { speed_factor: 1, speed: 3000 + (step % 7) * 600, extrude_factor: 1, position, gcode_position: position },
    ],
    ["toolhead", { homed_axes: "xyz", position, max_velocity: 300, max_accel: 3000, stalls: 0, extruder: "extruder" }],
    [
      "virtual_sdcard",
      { file_path: "/p/a.gcode", progress: step / 1e5, is_active: true, file_position: step * 250, file_size: 3e7 },
    ],
    [
      "print_stats",
      { filename: "a.gcode", state: "printing", total_duration: seconds, print_duration: seconds, filament_used: step },
    ],
    ["display_status", { progress: step / 1e5, message: null }],
    ["idle_timeout", { state: "Printing", printing_time: seconds }],
    ["system_stats", { sysload: (step % 10) / 10, cputime: seconds, memavail: 300_000 + (step % 50) }],
    ["exclude_object", { objects: [], excluded_objects: [], current_object: `part_${step % 5}` }],
  ];
  for (const name of HEATERS) objects.push([name, { target: 200, can_extrude: true, pressure_advance: 0.04 }]);
  for (const name of SENSORS) objects.push([name, { measured_min_temp: 20, measured_max_temp: 60 }]);
  for (const name of FANS) objects.push([name, { speed: 0.5, rpm: 3000 + (step % 40) }]);
  for (let i = 0; i < 20; i++) objects.push([`gcode_macro M${i}`, { value: i }]);
  return objects;
}

async function serve(options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "steadyhand-load-"));
  const below = (name: string): string => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const clock = SharedClock.free();
  const control = new ControlBlock();
  const setup: FeedSetup = {
    listen: { host: "127.0.0.1", port: 0, adapter: options.adapter },
    paths: {
      page: below("page"),
      gcodes: below("gcodes"),
      config: below("config"),
      logs: below("logs"),
      storage: join(folder, "storage"),
      logFile: join(folder, "log"),
      configFile: join(folder, "printer.cfg"),
    },
    version: "0.0.0",
    access: { trusted: [], cors: [], hosts: [], apiKey: true, forceLogins: false },
    limits: { uploadBytes: 1e9, hostSilenceS: 10, sockets: 5000 },
    stores: { temperatures: 1200, gcode: 1000 },
    jobQueue: { automatic: false, loadOnStart: false, delayS: 0, transitionGcode: "", queueUploads: false },
    webcams: [],
    clock: clock.buffer,
    control: control.buffer,
  };
  const feed = new FeedClient(setup, { request: () => Promise.resolve(null), log: () => undefined });
  const { url } = await feed.start();
  feed.setState("startup", "starting");
  const shape = layout();
  const writer = new SnapshotWriter(shape.slots);
  feed.setSnapshot(writer.buffer, shape);
  const big = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`option_${i}`, `value ${i}`]));
  feed.publish(clock.now(), [
    ["configfile", { config: { printer: big }, settings: { printer: big }, warnings: [], save_config_pending: false }],
    ["heaters", { available_heaters: HEATERS, available_sensors: [...HEATERS, ...SENSORS], available_monitors: [] }],
  ]);
  feed.setState("ready", "Printer is ready");
  let step = 0;
  setInterval(() => {
    control.beat("host", clock.now());
    feed.publish(clock.now(), statuses(step++));
  }, PUBLISH_MS);
  setInterval(() => {
    for (let i = SNAPSHOT_FIRST_FREE; i < shape.slots; i++) writer.values[i] = 100 + Math.sin(step + i) * 50;
    writer.publish(clock.now());
  }, SNAPSHOT_MS);
  let before = { cpu: process.cpuUsage(), at: monotonic() };
  process.on("message", (message) => {
    if (message === "begin") {
      before = { cpu: process.cpuUsage(), at: monotonic() };
      if (options.block > 0) setTimeout(() => keepBusy(options.block), BLOCK_AFTER_MS);
    }
    if (message !== "end") return;
    const used = process.cpuUsage(before.cpu);
    const cpuPercent = ((used.user + used.system) / 1e6 / (monotonic() - before.at)) * 100;
    const figures: ServerFigures = { cpuPercent, residentMb: process.memoryUsage.rss() / 1e6 };
    process.send?.(figures);
    feed
      .stop()
      .then(() => {
        rmSync(folder, { recursive: true, force: true });
        process.exit(0);
      })
      .catch(() => process.exit(1));
  });
  process.send?.(url);
}

/** Blocks this thread, as an endless loop in a macro would. */
function keepBusy(seconds: number): void {
  const end = monotonic() + seconds;
  while (monotonic() < end) {
    // Nothing else runs.
  }
}

// The clients.

async function useFeed(url: string, options: Options): Promise<void> {
  const late: number[] = [];
  const query: number[] = [];
  const info: number[] = [];
  let updates = 0;
  let bytes = 0;
  let measuring = false;
  const take = (data: Buffer): void => {
    if (!measuring || !data.subarray(0, 64).includes("notify_status_update")) return;
    const eventtime = Number(data.toString("latin1", data.lastIndexOf(","), data.length - 2).slice(1));
    late.push((monotonic() - eventtime) * 1000);
    updates++;
    bytes += data.length;
  };
  const sockets: WebSocket[] = [];
  for (let i = 0; i < options.clients; i += CONNECT_AT_ONCE) {
    const some = Math.min(CONNECT_AT_ONCE, options.clients - i);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => subscribed(url, options.rate, take)))));
  }
  const asking = await opened(url);
  await sleep(1000);
  measuring = true;
  process.send?.("begin");
  const end = monotonic() + options.seconds;
  while (monotonic() < end) {
    query.push(await roundTrip(asking, "printer.objects.query", { objects: { toolhead: null } }));
    info.push(await roundTrip(asking, "printer.info", {}));
    await sleep(QUERY_MS);
  }
  measuring = false;
  const lateMs = quantiles(late);
  const queryMs = quantiles(query);
  const infoMs = quantiles(info);
  const figures: ClientFigures = { updates, lateMs, queryMs, infoMs, bytesPerUpdate: bytes / updates };
  for (const socket of [...sockets, asking]) socket.terminate();
  process.send?.(figures);
}

/** Time that a call takes, in ms. */
async function roundTrip(socket: WebSocket, method: string, params: unknown): Promise<number> {
  const asked = monotonic();
  await call(socket, method, params);
  return (monotonic() - asked) * 1000;
}

function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}websocket`, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.on("open", () => resolve(socket));
    socket.on("error", reject);
  });
}

/** Calls a method; other frames that come in between are nobody's business here. */
function call(socket: WebSocket, method: string, params: unknown): Promise<Buffer> {
  socket.send(JSON.stringify({ jsonrpc: "2.0", method, params, id: 1 }));
  return new Promise((resolve) => {
    const listener = (data: Buffer): void => {
      if (!data.subarray(-8).includes('"id":1}')) return;
      socket.off("message", listener);
      resolve(data);
    };
    socket.on("message", listener);
  });
}

async function subscribed(url: string, rate: number, take: (data: Buffer) => void): Promise<WebSocket> {
  const socket = await opened(url);
  const data = await call(socket, "printer.objects.list", {});
  const { result } = JSON.parse(data.toString()) as { result: { objects: string[] } };
  const objects = Object.fromEntries(result.objects.map((name) => [name, null]));
  // The usual rate is asked for by saying nothing, as all existing clients do.
  await call(socket, "printer.objects.subscribe", rate === 4 ? { objects } : { objects, rate });
  socket.on("message", take);
  return socket;
}

// The figures.

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once("message", (value) => resolve(value as T));
    child.once("exit", (status) => reject(new Error(`a process of the bench ended with ${status}`)));
  });
}

async function measure(options: Options): Promise<void> {
  const text = JSON.stringify(options);
  const server = fork(SELF, ["serve", text]);
  const url = await message<string>(server);
  const clients = fork(SELF, ["use", text, url]);
  await message<string>(clients);
  server.send("begin");
  const seen = await message<ClientFigures>(clients);
  const done = message<ServerFigures>(server);
  server.send("end");
  const used = await done;
  const perSecond = seen.updates / options.seconds;
  console.log(`clients ${options.clients} at ${options.rate} Hz over ${options.adapter}, ${options.seconds} s`);
  console.log(`updates        ${perSecond.toFixed(0)} /s of ${(seen.bytesPerUpdate / 1000).toFixed(2)} kB`);
  console.log(`late           p50 ${seen.lateMs.p50} ms, p99 ${seen.lateMs.p99} ms, max ${seen.lateMs.max} ms`);
  console.log(`query          p50 ${seen.queryMs.p50} ms, p99 ${seen.queryMs.p99} ms, max ${seen.queryMs.max} ms`);
  console.log(`printer.info   p50 ${seen.infoMs.p50} ms, p99 ${seen.infoMs.p99} ms, max ${seen.infoMs.max} ms`);
  console.log(`server process ${used.cpuPercent.toFixed(0)} % of one core, ${used.residentMb.toFixed(0)} MB resident`);
}

const [role, text = "{}", url = ""] = process.argv.slice(2);
if (role === "serve") await serve(JSON.parse(text) as Options);
else if (role === "use") await useFeed(url, JSON.parse(text) as Options);
else {
  const { values } = parseArgs({
    options: {
      clients: { type: "string", default: "1000" },
      seconds: { type: "string", default: "20" },
      adapter: { type: "string", default: "uws" },
      rate: { type: "string", default: "4" },
      block: { type: "string", default: "0" },
    },
  });
  await measure({
    clients: Number(values.clients),
    seconds: Number(values.seconds),
    adapter: values.adapter === "node" ? "node" : "uws",
    rate: Number(values.rate),
    block: Number(values.block),
  });
}
