import { afterEach, expect, test } from "vitest";
import { FeedWorld } from "../support/feed-world.js";

/** The methods that clients rely on, and their HTTP twins; what each of them answers is tested beside its part. */
const METHODS: readonly (readonly [method: string, ...routes: string[]])[] = [
  ["server.connection.identify"],
  ["server.websocket.id"],
  ["server.info", "GET /server/info"],
  ["server.config", "GET /server/config"],
  ["machine.system_info", "GET /machine/system_info"],
  ["machine.proc_stats", "GET /machine/proc_stats"],
  ["server.database.list", "GET /server/database/list"],
  ["server.database.get_item", "GET /server/database/item"],
  ["server.database.post_item", "POST /server/database/item"],
  ["server.database.delete_item", "DELETE /server/database/item"],
  ["server.webcams.list", "GET /server/webcams/list"],
  ["server.webcams.get_item", "GET /server/webcams/item"],
  ["server.webcams.post_item", "POST /server/webcams/item"],
  ["server.webcams.delete_item", "DELETE /server/webcams/item"],
  ["server.webcams.test", "POST /server/webcams/test"],
  ["server.files.get_directory", "GET /server/files/directory"],
  ["server.files.list", "GET /server/files/list"],
  ["server.files.roots", "GET /server/files/roots"],
  ["server.files.metadata", "GET /server/files/metadata"],
  ["server.files.metascan", "POST /server/files/metascan"],
  ["server.files.thumbnails", "GET /server/files/thumbnails"],
  ["server.files.move", "POST /server/files/move"],
  ["server.files.copy", "POST /server/files/copy"],
  ["server.files.delete_file"],
  ["server.files.post_directory", "POST /server/files/directory"],
  ["server.files.delete_directory", "DELETE /server/files/directory"],
  ["server.files.zip", "POST /server/files/zip"],
  ["printer.info", "GET /printer/info"],
  ["printer.objects.list", "GET /printer/objects/list"],
  ["printer.objects.query", "GET /printer/objects/query", "POST /printer/objects/query"],
  ["printer.objects.subscribe", "POST /printer/objects/subscribe"],
  ["server.temperature_store", "GET /server/temperature_store"],
  ["server.gcode_store", "GET /server/gcode_store"],
  ["printer.gcode.help", "GET /printer/gcode/help"],
  ["printer.gcode.script", "POST /printer/gcode/script"],
  ["printer.print.start", "POST /printer/print/start"],
  ["printer.print.pause", "POST /printer/print/pause"],
  ["printer.print.resume", "POST /printer/print/resume"],
  ["printer.print.cancel", "POST /printer/print/cancel"],
  ["printer.emergency_stop", "POST /printer/emergency_stop"],
  ["printer.restart", "POST /printer/restart"],
  ["printer.firmware_restart", "POST /printer/firmware_restart"],
  ["printer.query_endstops.status", "GET /printer/query_endstops/status"],
  ["server.history.list", "GET /server/history/list"],
  ["server.history.totals", "GET /server/history/totals"],
  ["server.history.get_job", "GET /server/history/job"],
  ["server.history.delete_job", "DELETE /server/history/job"],
  ["server.history.reset_totals", "POST /server/history/reset_totals"],
  ["server.job_queue.status", "GET /server/job_queue/status"],
  ["server.job_queue.post_job", "POST /server/job_queue/job"],
  ["server.job_queue.delete_job", "DELETE /server/job_queue/job"],
  ["server.job_queue.start", "POST /server/job_queue/start"],
  ["server.job_queue.pause", "POST /server/job_queue/pause"],
  ["access.info", "GET /access/info"],
  ["access.get_user", "GET /access/user"],
  ["access.users.list", "GET /access/users/list"],
  ["access.get_api_key", "GET /access/api_key"],
  ["access.oneshot_token", "GET /access/oneshot_token"],
  ["server.logs.rollover", "POST /server/logs/rollover"],
  ["server.announcements.list", "GET /server/announcements/list"],
];

let world: FeedWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

test("every method of the contract is there, with every twin, and says what is missing rather than nothing", async () => {
  world = await FeedWorld.start("node");
  for (const method of [
    "gcode.script",
    "print.start",
    "print.pause",
    "print.resume",
    "print.cancel",
    "logs.rollover",
  ] as const) {
    world.host.on(method, () => ({ result: {} }));
  }
  const client = await world.connect();
  for (const [method, ...routes] of METHODS) {
    const outcome = await client.call(method).then(
      () => "answered",
      (error: Error) => error.message,
    );
    expect([method, outcome]).not.toEqual([method, "Method not found"]);
    for (const route of routes) {
      const [verb = "", path = ""] = route.split(" ");
      const response = await world.fetch(path, { method: verb });
      const { error } = (await response.json()) as { error?: { message: string } };
      expect([route, response.status]).not.toEqual([route, 405]);
      expect([route, error?.message]).not.toEqual([route, "Not Found"]);
      expect([route, response.status]).not.toEqual([route, 500]);
    }
  }
});
