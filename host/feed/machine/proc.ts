// thread: feed
import { readFile } from "node:fs/promises";

/** Counters of one network interface since it came up. */
export interface NetworkCounters {
  readonly rx_bytes: number;
  readonly tx_bytes: number;
  readonly rx_packets: number;
  readonly tx_packets: number;
  readonly rx_errs: number;
  readonly tx_errs: number;
  readonly rx_drop: number;
  readonly tx_drop: number;
}

/** Busy and total time of one processor, in ticks of the kernel. */
export interface CpuTime {
  readonly busy: number;
  readonly total: number;
}

export interface MemoryUsage {
  /** All in kB. */
  readonly total: number;
  readonly available: number;
  readonly used: number;
}

/** The text of a file of the kernel, empty where there is none. */
export async function kernelText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return "";
  }
}

/** `/proc/net/dev` by interface. */
export function parseNetwork(text: string): Record<string, NetworkCounters> {
  const result: Record<string, NetworkCounters> = {};
  for (const line of text.split("\n")) {
    const [name, rest] = line.split(":");
    if (name === undefined || rest === undefined) continue;
    const n = rest.trim().split(/\s+/).map(Number);
    const at = (index: number): number => n[index] ?? 0;
    result[name.trim()] = {
      rx_bytes: at(0),
      rx_packets: at(1),
      rx_errs: at(2),
      rx_drop: at(3),
      tx_bytes: at(8),
      tx_packets: at(9),
      tx_errs: at(10),
      tx_drop: at(11),
    };
  }
  return result;
}

/** `/proc/stat` by processor: `cpu` for all, `cpu0` ... */
export function parseCpuTimes(text: string): Record<string, CpuTime> {
  const result: Record<string, CpuTime> = {};
  for (const line of text.split("\n")) {
    const match = /^(cpu\d*)\s+(.+)$/.exec(line);
    if (match === null) continue;
    // user nice system idle iowait irq softirq steal; guest time is part of user already.
    const times = (match[2] ?? "").split(/\s+/).slice(0, 8).map(Number);
    const total = times.reduce((sum, time) => sum + time, 0);
    result[match[1] ?? ""] = { total, busy: total - (times[3] ?? 0) - (times[4] ?? 0) };
  }
  return result;
}

/** Processor use in percent between two readings. */
export function cpuUsage(former: Record<string, CpuTime>, now: Record<string, CpuTime>): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [name, time] of Object.entries(now)) {
    const before = former[name] ?? { busy: 0, total: 0 };
    const passed = time.total - before.total;
    const busy = time.busy - before.busy;
    result[name] = passed > 0 ? Math.round(Math.min(100, Math.max(0, (busy / passed) * 100)) * 100) / 100 : 0;
  }
  return result;
}

/** `/proc/meminfo`. */
export function parseMemory(text: string): MemoryUsage {
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  const total = read("MemTotal");
  const available = read("MemAvailable");
  return { total, available, used: total - available };
}

/** `/etc/os-release` and files of that form. */
export function parseAssignments(text: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^([A-Z_0-9]+)=(.*)$/.exec(line.trim());
    if (match !== null) result[match[1] ?? ""] = (match[2] ?? "").replace(/^"(.*)"$/, "$1");
  }
  return result;
}
