import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadUserModules } from "../../host/printer/user-modules.js";
import { celsius } from "../../host/shared/units.js";
import { KeptLog, PrinterWorld } from "../support/printer-world.js";

const CONFIG = `
[mcu]
serial: virtual
[printer]
kinematics: none
max_velocity: 300
max_accel: 3000
[heater_bed]
heater_pin: PA0
sensor_type: Generic 3950
sensor_pin: PA1
control: watermark
min_temp: 0
max_temp: 110
`;

let folder = "";
let world: PrinterWorld | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "steadyhand-modules-"));
});
afterEach(async () => {
  await world?.close();
  world = undefined;
  rmSync(folder, { recursive: true });
});

/** A printer with the modules of the folder. */
async function start(config: string): Promise<PrinterWorld> {
  world = await PrinterWorld.create(config, { modulesFolder: folder });
  await world.session.start();
  return world;
}

test("the example of docs/modules.md runs as it stands", async () => {
  const page = readFileSync(new URL("../../docs/modules.md", import.meta.url), "utf8");
  const example = /```js\n(.*?)```/s.exec(page)?.[1] ?? "";
  writeFileSync(join(folder, "heater_watch.js"), example);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const printer = await start(`${CONFIG}[heater_watch]\nwarn_after: 20\n`);
  expect(printer.session.stateMessage).toBe("Printer is ready");
  await printer.run("HEATER_WATCH");
  const warned = new Promise<void>((resolve) => {
    printer.session.listen({ output: (text) => (text.includes("nothing to do") ? resolve() : undefined) });
  });
  printer.session.partsOf("heater").get("heater_bed")?.setTargetNow(celsius(50));
  await warned;
  await printer.run("HEATER_WATCH");
  expect(printer.output).toEqual([
    "// all heaters are off",
    "// heater_bed has been on for 20 s with nothing to do",
    "// on: heater_bed",
  ]);
  expect(printer.session.objects.status("heater_watch")).toEqual({ warnings: 1, watched: ["heater_bed"] });
});

test("a mistake in an option of one's own section is found like in any other", async () => {
  writeFileSync(
    join(folder, "lamp.mjs"),
    'export default { section: "lamp", options: (s) => ({ power: s.ratio("power", 1) }), create: () => ({}) };',
  );
  const printer = await start(`${CONFIG}[lamp]\npowr: 0.5\n`);
  expect(printer.session.error?.details).toMatchObject({ option: "powr", suggestion: "power" });
});

test("a file that cannot be used is left out, with its reason", async () => {
  writeFileSync(join(folder, "broken.mjs"), "export default {");
  writeFileSync(join(folder, "empty.mjs"), "export const section = 1;");
  writeFileSync(join(folder, "readme.txt"), "not a module");
  const { modules: own, problems } = await loadUserModules(folder, new KeptLog());
  expect(own).toEqual([]);
  expect(problems.map(({ file }) => file)).toEqual([join(folder, "broken.mjs"), join(folder, "empty.mjs")]);
  expect(problems[1]?.error.message.replaceAll(folder, "DIR")).toMatchInlineSnapshot(
    `"the module file 'DIR/empty.mjs' cannot be used: its default export is no module"`,
  );
});

test("a folder that is not there holds no modules", async () => {
  expect(await loadUserModules(join(folder, "none"), new KeptLog())).toEqual({ modules: [], problems: [] });
});

test("a module that fails stops the start with its name, and a failing status shows nothing", async () => {
  const body = (create: string) =>
    `export default { section: "lamp", options: () => ({}), create: () => (${create}) };`;
  writeFileSync(join(folder, "lamp.mjs"), body("{ connect() { null.x; } }"));
  const printer = await start(`${CONFIG}[lamp]\n`);
  expect(printer.session.error?.code).toBe("CFG_MODULE");
  expect(printer.session.error?.message.replaceAll(folder, "DIR")).toMatchInlineSnapshot(
    `"the module file 'DIR/lamp.mjs' cannot be used: connect() of [lamp] has failed: Cannot read properties of null (reading 'x')"`,
  );
});

test("a status that fails shows nothing", async () => {
  writeFileSync(
    join(folder, "lamp.mjs"),
    'export default { section: "lamp", options: () => ({}), create: () => ({ status() { throw new Error("no"); } }) };',
  );
  const printer = await start(`${CONFIG}[lamp]\n`);
  expect(printer.session.stateMessage).toBe("Printer is ready");
  expect(printer.session.objects.status("lamp")).toEqual({});
});
