// thread: browser

/** What stands where nothing is known. */
export const UNKNOWN = "–";

const MINUTE = 60;

/** A time for a person: `48 s`, `12 min`, `3 h 05 min`. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN;
  const s = Math.max(0, seconds);
  if (s < MINUTE) return `${Math.round(s)} s`;
  const minutes = Math.round(s / MINUTE);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A time on the clock of the reader; with the weekday when it is not today. */
export function clockTime(at: Date, now: Date): string {
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString([], { weekday: "short" })} ${time}`;
}

/** A number with a fixed count of digits; never `-0`. */
export function fixed(value: number | undefined, digits: number): string {
  if (value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const shown = value.toFixed(digits);
  return Number(shown) === 0 ? (0).toFixed(digits) : shown;
}

/** A number with its unit; without the unit when it is not known. */
export function measure(value: number | undefined, digits: number, unit: string): string {
  const shown = fixed(value, digits);
  return shown === UNKNOWN ? shown : `${shown} ${unit}`;
}

/** Filament in mm as a person reads it: metres. */
export const filament = (mm: number | undefined): string =>
  mm === undefined ? UNKNOWN : mm < 1000 ? `${Math.round(mm)} mm` : `${(mm / 1000).toFixed(2)} m`;

/** Bytes as a person reads them. */
export function bytes(count: number | undefined): string {
  if (count === undefined) return UNKNOWN;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** An age as the header says it: `live 40 ms`, `1.4 s old`. */
export function ageText(seconds: number): string {
  if (seconds < 1) return `live ${Math.max(10, Math.round(seconds * 100) * 10)} ms`;
  return seconds < 60 ? `${seconds.toFixed(1)} s old` : `${duration(seconds)} old`;
}

/** An object's name for people: `heater_generic chamber_top` is "Chamber top". */
export function friendly(name: string): string {
  if (name === "extruder") return "Nozzle";
  if (name === "heater_bed") return "Bed";
  const nozzle = /^extruder(\d+)$/.exec(name);
  if (nozzle !== null) return `Nozzle ${nozzle[1] ?? ""}`;
  const last = name.slice(name.indexOf(" ") + 1).replaceAll("_", " ");
  return last.charAt(0).toUpperCase() + last.slice(1);
}

/** The name of a file without its folder. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The folder of a file, with its slash; empty at the top. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);
