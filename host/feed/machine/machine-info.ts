// thread: feed
import { cpus, networkInterfaces, release, totalmem } from "node:os";
import type { JsonRecord } from "../json-value.js";
import type { Methods } from "../moonraker/methods.js";
import type { Sessions } from "../moonraker/sessions.js";
import type { Timers } from "../timers.js";
import {
  type CpuTime,
  cpuUsage,
  kernelText,
  type NetworkCounters,
  parseAssignments,
  parseCpuTimes,
  parseMemory,
  parseNetwork,
} from "./proc.js";

const SAMPLE_MS = 1000;
const SAMPLES_KEPT = 30;
const THERMAL = "/sys/class/thermal/thermal_zone0/temp";
/** Interfaces that only containers and virtual machines have. */
const VIRTUAL_INTERFACE = /^(lo|veth|docker|br-|virbr)/;

interface ProcessSample {
  readonly time: number;
  readonly cpu_usage: number;
  /** kB of the whole process: all threads. */
  readonly memory: number;
  readonly mem_units: "kB";
}

type NetworkUsage = Record<string, NetworkCounters & { readonly bandwidth: number }>;

/** What clients show about the computer, and its use, told to all of them every second as a sign of life. */
export class MachineInfo {
  readonly #timers: Timers;
  readonly #sessions: Sessions;
  readonly #samples: ProcessSample[] = [];
  #cpuTimes: Record<string, CpuTime> = {};
  #cpuUsage: Record<string, number> = {};
  #network: NetworkUsage = {};
  #memory: JsonRecord = {};
  #temperature: number | null = null;
  #uptime = 0;
  #ownCpu = process.cpuUsage();
  #sampledAt: number;
  #busy = false;

  constructor(timers: Timers, sessions: Sessions) {
    this.#timers = timers;
    this.#sessions = sessions;
    this.#sampledAt = timers.now();
  }

  register(methods: Methods): void {
    methods.add("machine", [
      {
        name: "machine.system_info",
        http: ["GET /machine/system_info"],
        handler: async () => ({ system_info: await systemInfo() }),
      },
    ]);
    methods.add("proc_stats", [
      { name: "machine.proc_stats", http: ["GET /machine/proc_stats"], handler: () => this.#stats() },
    ]);
  }

  /** Starts sampling. */
  run(): void {
    this.#sample().catch(() => undefined);
    this.#timers.every(SAMPLE_MS, () => {
      // A slow disk or a loaded computer must not keep the sign of life back.
      this.#tell();
      if (!this.#busy) this.#sample().catch(() => undefined);
    });
  }

  /** Share of one processor that the whole program uses, in percent, and its memory in kB. */
  get own(): { cpu: number; memory: number } {
    const last = this.#samples.at(-1);
    return { cpu: last?.cpu_usage ?? 0, memory: last?.memory ?? 0 };
  }

  #stats(): JsonRecord {
    return {
      moonraker_stats: this.#samples,
      throttled_state: null,
      cpu_temp: this.#temperature,
      network: this.#network,
      system_cpu_usage: this.#cpuUsage,
      system_uptime: this.#uptime,
      system_memory: this.#memory,
      websocket_connections: this.#sessions.count,
    };
  }

  #tell(): void {
    const last = this.#samples.at(-1);
    if (last === undefined) return;
    this.#sessions.broadcast("notify_proc_stat_update", {
      moonraker_stats: last,
      cpu_temp: this.#temperature,
      network: this.#network,
      system_cpu_usage: this.#cpuUsage,
      system_memory: this.#memory,
      websocket_connections: this.#sessions.count,
    });
  }

  async #sample(): Promise<void> {
    this.#busy = true;
    try {
      const [stat, memory, network, thermal, uptime] = await Promise.all([
        kernelText("/proc/stat"),
        kernelText("/proc/meminfo"),
        kernelText("/proc/net/dev"),
        kernelText(THERMAL),
        kernelText("/proc/uptime"),
      ]);
      const now = this.#timers.now();
      const passed = Math.max(0.001, now - this.#sampledAt);
      this.#sampledAt = now;
      const times = parseCpuTimes(stat);
      this.#cpuUsage = cpuUsage(this.#cpuTimes, times);
      this.#cpuTimes = times;
      this.#memory = { ...parseMemory(memory) };
      this.#network = this.#networkUsage(parseNetwork(network), passed);
      this.#temperature = thermal.trim() === "" ? null : Number(thermal) / 1000;
      this.#uptime = Number(uptime.split(" ")[0] ?? 0);
      this.#addSample(passed);
    } finally {
      this.#busy = false;
    }
  }

  #addSample(passed: number): void {
    const cpu = process.cpuUsage();
    const used = (cpu.user - this.#ownCpu.user + cpu.system - this.#ownCpu.system) / 1e6;
    this.#ownCpu = cpu;
    this.#samples.push({
      time: this.#timers.unix(),
      cpu_usage: Math.round((used / passed) * 10_000) / 100,
      memory: Math.round(process.memoryUsage.rss() / 1024),
      mem_units: "kB",
    });
    if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift();
  }

  #networkUsage(counters: Record<string, NetworkCounters>, passed: number): NetworkUsage {
    return Object.fromEntries(
      Object.entries(counters).map(([name, counter]) => {
        const former = this.#network[name];
        const bytes = counter.rx_bytes + counter.tx_bytes;
        const before = former === undefined ? bytes : former.rx_bytes + former.tx_bytes;
        return [name, { ...counter, bandwidth: Math.round((Math.max(0, bytes - before) / passed) * 100) / 100 }];
      }),
    );
  }
}

/** What does not change while the computer runs, and its addresses, which may. */
async function systemInfo(): Promise<JsonRecord> {
  const [container, cpuinfo, os, model] = await Promise.all([
    kernelText("/proc/1/environ"),
    kernelText("/proc/cpuinfo"),
    kernelText("/etc/os-release"),
    kernelText("/proc/device-tree/model"),
  ]);
  const field = (name: string): string => new RegExp(`^${name}\\s*:\\s*(.*)$`, "m").exec(cpuinfo)?.[1]?.trim() ?? "";
  const cores = cpus();
  return {
    cpu_info: {
      cpu_count: cores.length,
      bits: process.arch.endsWith("64") ? "64bit" : "32bit",
      processor: process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch,
      cpu_desc: cores[0]?.model ?? "",
      serial_number: field("Serial"),
      hardware_desc: field("Hardware"),
      model: model.replaceAll("\0", "").trim() || field("Model"),
      total_memory: Math.round(totalmem() / 1024),
      memory_units: "kB",
    },
    sd_info: {},
    distribution: distribution(parseAssignments(os)),
    virtualization: virtualization(field("flags"), container),
    network: addresses(),
    canbus: {},
    provider: "none",
    available_services: [],
    service_state: {},
    instance_ids: { moonraker: "steadyhand", klipper: "steadyhand" },
  };
}

/** Containers say their kind in the environment of their first process, virtual machines in the processor's flags. */
function virtualization(flags: string, environment: string): JsonRecord {
  const container = /(?:^|\0)container=([^\0]+)/.exec(environment)?.[1];
  if (container !== undefined) return { virt_type: "container", virt_identifier: container };
  const isVirtual = flags.split(" ").includes("hypervisor");
  return isVirtual ? { virt_type: "vm", virt_identifier: "unknown" } : { virt_type: "none", virt_identifier: "none" };
}

function distribution(os: Record<string, string>): JsonRecord {
  const { NAME = "", PRETTY_NAME = NAME, ID = "", VERSION_ID = "", ID_LIKE = "", VERSION_CODENAME = "" } = os;
  const [major = "", minor = "", build = ""] = VERSION_ID.split(".");
  return {
    name: PRETTY_NAME,
    id: ID,
    version: VERSION_ID,
    version_parts: { major, minor, build_number: build },
    like: ID_LIKE,
    codename: VERSION_CODENAME,
    release_info: {},
    kernel_version: release(),
  };
}

function addresses(): JsonRecord {
  const result: Record<string, unknown> = {};
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    if (VIRTUAL_INTERFACE.test(name)) continue;
    result[name] = {
      mac_address: entries[0]?.mac ?? "",
      ip_addresses: entries.map(({ family, address }) => ({
        family: family.toLowerCase(),
        address,
        is_link_local: address.startsWith("169.254.") || address.toLowerCase().startsWith("fe80:"),
      })),
    };
  }
  return result;
}
