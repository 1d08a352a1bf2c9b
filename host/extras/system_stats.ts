// thread: host
import { readFile } from "node:fs/promises";
import { freemem, loadavg } from "node:os";
import { defineModule, type StatusObject } from "../printer/module.js";
import { seconds } from "../shared/units.js";

const PERIOD = seconds(1);
/** A clock that runs faster than real time is no reason to ask the system more often, in ms. */
const LEAST_MS = 900;
const KIB = 1024;

/** Memory in KiB that programs can still have. */
async function availableMemory(): Promise<number> {
  // Only Linux has this file.
  const text = await readFile("/proc/meminfo", "latin1").catch(() => "");
  const found = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1];
  return found === undefined ? Math.round(freemem() / KIB) : Number(found);
}

/** Load of this computer and of this program. Always there. */
export default defineModule({
  section: "system_stats",
  isAlways: true,
  shape: { floats: ["sysload", "cputime"] },

  options: () => ({}),

  create(_, ctx) {
    let status: StatusObject = Object.freeze({ sysload: 0, cputime: 0, memavail: 0 });
    let lookedAt = Number.NEGATIVE_INFINITY;

    async function look(): Promise<void> {
      const now = performance.now();
      if (now - lookedAt < LEAST_MS) return;
      lookedAt = now;
      const { user, system } = process.cpuUsage();
      const [load = 0] = loadavg();
      status = Object.freeze({
        sysload: Math.round(load * 100) / 100,
        cputime: Math.round((user + system) / 1e4) / 100,
        memavail: await availableMemory(),
      });
    }

    return {
      ready() {
        if (ctx.isDryRun) return;
        void look();
        ctx.every(PERIOD, () => void look());
      },
      status: () => status,
    };
  },
});
