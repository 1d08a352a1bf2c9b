// thread: host
import { resolve } from "node:path";
import { SharedClock } from "../shared/clock.js";
import { type Arguments, type OptionSpec, UsageError } from "./command-line.js";
import { defaultData, type FeedOptions, type LiveOptions } from "./live-printer.js";
import type { Terminal } from "./terminal.js";

/** Where clients are used to find Moonraker. */
const DEFAULT_PORT = 7125;
const DEFAULT_HOST = "127.0.0.1";

/** Options that `run` and `print` have in common. */
export const LIVE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "config",
    value: "FILE",
    help: "the printer's configuration (default: config/printer.cfg in the data folder)",
  },
  { name: "virtual", help: "take every board to be virtual, whatever 'serial' says" },
  { name: "data", value: "DIR", help: "folder for logs, print files and history (default: ~/printer_data)" },
  { name: "modules", value: "DIR", help: "folder of your own modules (default: modules beside the configuration)" },
  {
    name: "port",
    value: "NUMBER",
    help: `port for clients and the page (default: ${DEFAULT_PORT}; 0: any that is free)`,
  },
  { name: "host", value: "ADDRESS", help: "address to listen at; 0.0.0.0 lets the network in (default: 127.0.0.1)" },
  { name: "trusted", value: "RANGE", isList: true, help: "clients that need no key, such as 192.168.1.0/24" },
  { name: "cors", value: "ORIGIN", isList: true, help: "web pages from elsewhere that may talk to us" },
  {
    name: "web",
    value: "DIR",
    help: "serve this build of Mainsail or Fluidd at / (the built-in page is then at /lite)",
  },
  { name: "tls", value: "CERT,KEY", help: "serve over TLS with these two files" },
  { name: "api-socket", value: "PATH", help: "also speak Klipper's own API on this Unix socket" },
];

/** Reads what `run` and `print` have in common. Throws `UsageError`. */
export function readLiveOptions(
  args: Arguments,
  terminal: Terminal,
  run: { readonly factor: number; readonly jobFolder: string | undefined },
): LiveOptions {
  const data = resolve(args.text("data") ?? defaultData());
  const config = resolve(args.text("config") ?? `${data}/config/printer.cfg`);
  const modules = args.text("modules");
  return {
    config,
    data,
    isVirtual: args.flag("virtual"),
    clock: run.factor === 1 ? SharedClock.free() : SharedClock.lockstep(run.factor),
    jobFolder: run.jobFolder,
    modulesFolder: modules === undefined ? undefined : resolve(modules),
    feed: readFeed(args),
    terminal,
  };
}

function readFeed(args: Arguments): FeedOptions {
  const tls = args.text("tls");
  const [certificate = "", key = ""] = tls?.split(",") ?? [];
  if (tls !== undefined && (certificate === "" || key === "")) {
    throw new UsageError("--tls needs two files: --tls CERTIFICATE.pem,KEY.pem");
  }
  const web = args.text("web");
  return {
    host: args.text("host") ?? DEFAULT_HOST,
    port: args.integer("port", DEFAULT_PORT, 0, 65535),
    web: web === undefined ? undefined : resolve(web),
    trusted: args.list("trusted"),
    cors: args.list("cors"),
    tls: tls === undefined ? undefined : { certificate: resolve(certificate), key: resolve(key) },
    apiSocket: args.text("api-socket"),
  };
}
