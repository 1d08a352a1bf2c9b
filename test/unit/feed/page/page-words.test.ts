import { expect, test } from "vitest";
import { matches } from "../../../../host/feed/page/completion.js";
import { isChatter, lineKind } from "../../../../host/feed/page/console.js";
import { faceOf } from "../../../../host/feed/page/face.js";
import { ageText, bytes, duration, fixed, friendly } from "../../../../host/feed/page/format.js";
import { freshness, stateWord, virtualWords } from "../../../../host/feed/page/header.js";
import { thumbnailPath } from "../../../../host/feed/page/job.js";
import { progressOf, timeLeft } from "../../../../host/feed/page/job-time.js";
import { macroParameters } from "../../../../host/feed/page/macros.js";
import { PathView } from "../../../../host/feed/page/path-view.js";
import { Status } from "../../../../host/feed/page/status.js";

function ready(): Status {
  const status = new Status();
  status.line = "open";
  status.state = "ready";
  return status;
}

test("times, ages and amounts are written as a person reads them", () => {
  expect([12, 89.6, 3599, 3600, 43_500].map(duration)).toEqual([
    "12 s",
    "1 min",
    "1 h 00 min",
    "1 h 00 min",
    "12 h 05 min",
  ]);
  expect([0.004, 0.04, 0.96, 1.44, 75].map(ageText)).toEqual([
    "live 10 ms",
    "live 40 ms",
    "live 960 ms",
    "1.4 s old",
    "1 min old",
  ]);
  expect([0, 999, 1500, 3_400_000, 75_400_000_000].map(bytes)).toEqual(["0 B", "999 B", "1.5 kB", "3.4 MB", "75.4 GB"]);
  expect([fixed(-0.001, 2), fixed(undefined, 1), fixed(Number.NaN, 1)]).toEqual(["0.00", "–", "–"]);
  expect(["extruder", "extruder1", "heater_bed", "temperature_sensor chamber_top"].map(friendly)).toEqual([
    "Nozzle",
    "Nozzle 1",
    "Bed",
    "Chamber top",
  ]);
});

test("the time left begins with the slicer's and ends with this print's own", () => {
  expect(timeLeft({ progress: 0, printed: 0, estimated: 3600 })).toBe(3600);
  expect(timeLeft({ progress: 0.75, printed: 3000, estimated: 3600 })).toBe(1000);
  expect(timeLeft({ progress: 0.5, printed: 3600, estimated: undefined })).toBe(3600);
  expect(timeLeft({ progress: 0, printed: 5, estimated: undefined })).toBeUndefined();
  const between = timeLeft({ progress: 0.26, printed: 2600, estimated: 5000 }) ?? 0;
  expect(between).toBeGreaterThan(2400);
  expect(between).toBeLessThan(7400);
});

test("progress counts the moves of a file, not its thumbnails and settings", () => {
  expect(progressOf(600, 500, 700, 0.1)).toBe(0.5);
  expect(progressOf(100, 500, 700, 0.1)).toBe(0);
  expect(progressOf(900, 500, 700, 0.1)).toBe(1);
  expect(progressOf(900, undefined, 700, 0.1)).toBe(0.1);
});

test("completion offers what begins with the letters, then what contains them", () => {
  const help = new Map(["G28", "BED_MESH_CLEAR", "BED_MESH_PROFILE", "SET_MESH"].map((name) => [name, ""]));
  expect(matches("bed", help)).toEqual(["BED_MESH_CLEAR", "BED_MESH_PROFILE"]);
  expect(matches("mesh", help)).toEqual(["BED_MESH_CLEAR", "BED_MESH_PROFILE", "SET_MESH"]);
  expect(matches("", help)).toEqual([]);
  expect(matches("G28 X", help)).toEqual([]);
});

test("temperature reports are chatter, everything else is not", () => {
  expect(["B:60.1 /60.0 T0:204.9 /205.0", "ok B:22.0 /0.0 T0:53.1 /180.0", "T:20.1 /0", "M105"].every(isChatter)).toBe(
    true,
  );
  expect(["// B: heater", "!! T0 is hot", "TESTING", "G28"].some(isChatter)).toBe(false);
  expect(lineKind({ type: "response", message: "!! no", time: 0 })).toBe("error");
  expect(lineKind({ type: "command", message: "!! no", time: 0 })).toBe("command");
});

test("a macro's parameters are found with what they are when not given", () => {
  const script =
    "{% set T = params.TEMP|default(210)|int %}\nG1 E{params.LENGTH | default('60')}\n{params.temp}{params.NAME}";
  expect(Object.fromEntries(macroParameters(script))).toEqual({ TEMP: "210", LENGTH: "60", NAME: "" });
  expect(macroParameters("{printer.toolhead.position}").size).toBe(0);
});

test("the smallest thumbnail that is large enough is taken, from the file's own folder", () => {
  const thumbnails = [
    { width: 300, relative_path: ".thumbs/a b-300x300.png" },
    { width: 32, relative_path: ".thumbs/a b-32x32.png" },
  ];
  const metadata = { modified: 17.4, thumbnails };
  expect(thumbnailPath(metadata, "parts/a b.gcode", 100)).toBe(
    "/server/files/gcodes/parts/.thumbs/a%20b-300x300.png?timestamp=17",
  );
  expect(thumbnailPath(metadata, "a b.gcode", 32)).toContain("a%20b-32x32.png");
  expect(thumbnailPath(metadata, "a b.gcode", 500)).toContain("300x300");
  expect(thumbnailPath({}, "a.gcode", 32)).toBeUndefined();
});

test("the state is one word, and a busy host says that motion goes on", () => {
  const status = ready();
  expect(stateWord(status)).toEqual({ word: "Ready", key: "ready" });
  status.merge({ print_stats: { state: "paused" } }, 1, undefined);
  expect(stateWord(status).word).toBe("Paused");
  status.merge(
    {
      steadyhand: {
        host_unresponsive: true,
        host_age: 3.2,
        activity: "macro LOAD_FILAMENT",
        virtual: true,
        time_factor: 20,
      },
    },
    2,
    undefined,
  );
  expect(stateWord(status).word).toBe("Host busy");
  expect(freshness(status)).toEqual({ words: "host busy 3 s in macro LOAD_FILAMENT, motion unaffected", isOld: true });
  expect(virtualWords(status)).toBe("virtual printer, 20x real time");
  status.line = "lost";
  expect(stateWord(status).word).toBe("Reconnecting");
});

test("every state in which the printer cannot work says why and what to do", () => {
  const status = ready();
  expect(faceOf(status)).toBeUndefined();
  status.state = "error";
  status.message =
    "printer.cfg:42: option 'fan_speed' is 1.5 (CFG_OPTION_RANGE)\n  To fix: set fan_speed to 1.\nWhen that is done, use the \"RESTART\" command.\nPrinter is halted";
  expect(faceOf(status)).toMatchObject({
    title: "The printer could not start",
    text: "printer.cfg:42: option 'fan_speed' is 1.5 (CFG_OPTION_RANGE)\n  To fix: set fan_speed to 1.",
    canRestart: true,
  });
  status.state = "shutdown";
  status.message = "mcu 'mcu' did not answer within 1.0 s (MCU_TIMEOUT)";
  expect(faceOf(status)).toMatchObject({ title: "The printer lost a board", canFirmwareRestart: true });
  status.line = "locked";
  expect(faceOf(status)).toMatchObject({ needsKey: true });
});

test("zooming keeps the place below the pointer where it is", () => {
  const view = new PathView();
  view.setSize(400, 300);
  view.setArea({ minX: 0, minY: 0, maxX: 200, maxY: 200 });
  const before = view.bed(250, 100);
  view.zoomAt(3, 250, 100);
  expect(view.x(before.x)).toBeCloseTo(250, 6);
  expect(view.y(before.y)).toBeCloseTo(100, 6);
  view.fit({ minX: 90, minY: 90, maxX: 110, maxY: 110 });
  expect(view.y(90) - view.y(110)).toBeGreaterThan(200);
  expect(view.y(90)).toBeLessThan(300);
});
