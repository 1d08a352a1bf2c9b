import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { SNAPSHOT_FIRST_FREE, type SnapshotWriter } from "../../host/shared/snapshot.js";
import { compile, compiled } from "../support/feed-build.js";
import { FeedWorld } from "../support/feed-world.js";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const GCODE = "M83\nG1 Z.2 F600\nG1 X10 Y10 F9000\nG1 X60 Y10 E2 F1800\nG1 X60 Y60 E2\nG1 Z.4\nG1 X10 Y60 E2 F3600\n";
const POSITION = SNAPSHOT_FIRST_FREE;

/** A printer in the middle of a print, with everything that the page shows. */
function publish(world: FeedWorld): SnapshotWriter {
  const { host } = world;
  const objects: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    configfile: { settings: { printer: { kinematics: "cartesian" }, extruder: { min_extrude_temp: 170 } } },
    heaters: { available_heaters: ["extruder", "heater_bed"], available_sensors: ["extruder", "heater_bed"] },
    extruder: { temperature: 204.93, target: 205, power: 0.3, can_extrude: true },
    heater_bed: { temperature: 60.02, target: 60, power: 0.2 },
    toolhead: { homed_axes: "xyz", axis_minimum: [0, 0, 0, 0], axis_maximum: [200, 200, 200, 0], extruder: "extruder" },
    gcode_move: { speed_factor: 1, extrude_factor: 1, homing_origin: [0, 0, 0, 0] },
    print_stats: { filename: "cube.gcode", state: "printing", print_duration: 600, total_duration: 660, info: {} },
    virtual_sdcard: { file_size: GCODE.length, file_position: 60, progress: 0.5 },
    "gcode_macro CLEAN_NOZZLE": {},
  };
  const updates = Object.entries(objects).map(([name, fields]) => ({ name, fields }));
  host.post({ type: "objects", time: host.clock.now(), updates });
  const field = { object: "motion_report", kind: "number", width: 1 } as const;
  const writer = host.snapshot({
    slots: POSITION + 6,
    fields: [
      { ...field, field: "live_position", slot: POSITION, kind: "list", width: 4, digits: 3 },
      { ...field, field: "live_velocity", slot: POSITION + 4, digits: 1 },
      { ...field, field: "job_position", slot: POSITION + 5, digits: 0 },
    ],
  });
  writer.values.set([60, 35.5, 0.2, 3, 30, 60], POSITION);
  writer.publish(host.clock.now());
  return writer;
}

describe.skipIf(CHROMIUM === undefined)("the built-in page in a browser", () => {
  let browser: Browser | undefined;
  const worlds: FeedWorld[] = [];
  let complaints: string[] = [];

  beforeAll(async () => {
    compile();
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
    return async () => await browser?.close();
  });

  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });

  async function start(): Promise<{ world: FeedWorld; writer: SnapshotWriter }> {
    const page = fileURLToPath(compiled("host/feed/page"));
    const world = await FeedWorld.start("node", { paths: { page } }, true, ({ paths }) => {
      writeFileSync(join(paths.gcodes, "cube.gcode"), GCODE);
    });
    worlds.push(world);
    const writer = publish(world);
    world.host.post({ type: "gcode-help", help: { G28: "Home axes", GET_POSITION: "Tell the position" } });
    for (const method of ["gcode.script", "print.pause", "print.resume", "print.cancel", "print.start"] as const) {
      world.host.on(method, () => ({ result: "ok" }));
    }
    await world.settled();
    return { world, writer };
  }

  async function open(world: FeedWorld, width = 1400): Promise<Page> {
    if (browser === undefined) throw new Error("the browser did not start");
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    complaints = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(world.url);
    await page.locator("#state[data-state=printing]").waitFor();
    return page;
  }

  const text = async (page: Page, selector: string): Promise<string> => (await page.textContent(selector)) ?? "";

  test("shows the print, and the path as far as it is laid down", async () => {
    const { world } = await start();
    const page = await open(world);
    await page.getByText("layer 1, Z 0.20 mm").waitFor();
    expect(await text(page, "#job-file")).toBe("cube.gcode");
    expect(await text(page, "#far-nozzle")).toBe("205 °C");
    expect(await text(page, "#pos-y")).toBe("35.50 mm");
    await page.getByText("1 of 2").waitFor();
    await page.locator("#files-list li").first().waitFor();
    expect(await text(page, "#files-list .file")).toBe("cube");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("what is pressed and typed reaches the printer", async () => {
    const { world } = await start();
    const page = await open(world, 390);
    await page.getByRole("button", { name: "Pause" }).click();
    await world.host.request("print.pause");
    await page.getByRole("button", { name: "Speed 5 % more" }).click();
    expect((await world.host.request("gcode.script")).params).toEqual({ script: "M220 S105" });
    await page.fill("#console-input", "get");
    await page.keyboard.press("Tab");
    expect(await page.inputValue("#console-input")).toBe("GET_POSITION ");
    await page.keyboard.press("Enter");
    expect((await world.host.request("gcode.script")).params).toEqual({ script: "GET_POSITION" });
    await page.locator("#temps input").first().fill("215");
    await page.keyboard.press("Enter");
    const heat = await world.host.request("gcode.script");
    expect(heat.params).toEqual({ script: "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=215" });
    const cancel = page.locator("#cancel");
    await cancel.click();
    expect(await cancel.textContent()).toBe("Really cancel?");
    expect(world.host.requests.some(({ method }) => method === "print.cancel")).toBe(false);
    await cancel.click();
    await world.host.request("print.cancel");
    await page.close();
  });

  test("a file that is chosen is uploaded and listed", async () => {
    const { world } = await start();
    const page = await open(world);
    await page.setInputFiles("#files-pick", { name: "part.gcode", mimeType: "text/plain", buffer: Buffer.from(GCODE) });
    await page.getByRole("button", { name: "Print part.gcode" }).waitFor();
    expect(existsSync(join(world.setup.paths.gcodes, "part.gcode"))).toBe(true);
    await page.close();
  });

  test("says what the host hangs in, and the emergency stop works all the same", async () => {
    const { world } = await start();
    const page = await open(world);
    world.host.control.activity = "macro LOAD_FILAMENT";
    world.host.hang();
    await page.getByText(/host busy \d+ s in macro LOAD_FILAMENT, motion unaffected/).waitFor();
    expect(world.host.control.isStopRequested).toBe(false);
    await page.getByRole("button", { name: "Emergency stop" }).click();
    await expect.poll(() => world.host.control.isStopRequested).toBe(true);
    await page.close();
  });

  test("a stop is explained with what to do, and a lost line keeps what was known", async () => {
    const { world } = await start();
    const page = await open(world);
    world.host.state("shutdown", "mcu 'mcu' did not answer within 1.0 s (MCU_TIMEOUT)\n  To fix: check the cable.");
    await page.getByRole("heading", { name: "The printer lost a board" }).waitFor();
    await page.getByText("Check the cable.").waitFor();
    await page.getByRole("button", { name: "Firmware restart" }).click();
    await world.host.request("firmware_restart");
    await world.feed.stop();
    await page.getByRole("heading", { name: "Reconnecting" }).waitFor();
    expect(await text(page, "#job-file")).toBe("cube.gcode");
    await page.close();
  });
});
