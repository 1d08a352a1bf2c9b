// thread: browser
import { ConsolePanel } from "./console.js";
import { byId, make } from "./dom.js";
import { FacePanel } from "./face.js";
import { FilesPanel } from "./files.js";
import { Header } from "./header.js";
import { JobPanel } from "./job.js";
import { MacroPanel } from "./macros.js";
import { MotionPanel } from "./motion.js";
import { PathPanel } from "./path.js";
import { Printer } from "./printer.js";
import { SteadinessPanel } from "./steadiness.js";
import { TemperaturePanel } from "./temperatures.js";

const TOAST_MS = 8000;

let isScheduled = false;

/** Paints everything once before the next frame, however much has changed. */
function changed(): void {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    for (const panel of panels) panel.paint();
  });
}

/** Tells that something that was asked for did not work. */
function fail(message: string): void {
  const toast = make("div", { class: "toast" }, message);
  const close = make("button", { type: "button", "aria-label": "Close" }, "×");
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
  byId("toasts", HTMLElement).append(toast);
  setTimeout(() => toast.remove(), TOAST_MS);
}

const printer = new Printer({
  changed,
  consoleLine: (line) => terminal.add(line),
  consoleFilled: (lines) => terminal.fill(lines),
  temperaturesFilled: (store) => temperatures.fill(store),
  filesChanged: () => {
    files.refresh();
    job.forget();
  },
  entered: () => {
    files.refresh();
    path.entered();
    job.forget();
  },
  failed: fail,
});

const header = new Header(printer);
const face = new FacePanel(printer);
const job = new JobPanel(printer);
const path = new PathPanel(printer, (layer) => {
  job.layer = layer;
});
const temperatures = new TemperaturePanel(printer);
const motion = new MotionPanel(printer);
const steadiness = new SteadinessPanel(printer);
const terminal = new ConsolePanel(printer);
const macros = new MacroPanel(printer, (command) => terminal.write(command));
const files = new FilesPanel(printer, fail);
const panels = [header, face, job, path, temperatures, motion, steadiness, macros, files];

printer.open();
changed();
