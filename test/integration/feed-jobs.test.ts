import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Feed } from "../../host/feed/feed.js";
import { isRecord, type JsonRecord, member } from "../../host/feed/json-value.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { PRUSA } from "../support/feed-files.js";
import { FakeHost } from "../support/feed-host.js";
import { RpcClient } from "../support/feed-rpc.js";
import { FeedWorld, type SetupChanges } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

interface History {
  readonly jobs: readonly { readonly status: string; readonly total_duration: number }[];
}

/** Resolves when the queue is in a state. */
async function queueIs(client: RpcClient, state: string): Promise<void> {
  while (member(await client.get("server.job_queue.status"), "queue_state") !== state);
}

async function historyChange(client: RpcClient): Promise<JsonRecord> {
  const [change] = await client.notification("notify_history_changed");
  return isRecord(change) ? change : {};
}

async function queueChange(client: RpcClient, action: string): Promise<JsonRecord> {
  const frame = await client.next((value) => {
    if (!isRecord(value) || member(value, "method") !== "notify_job_queue_changed") return false;
    const [change] = member(value, "params") as JsonRecord[];
    return change !== undefined && member(change, "action") === action;
  });
  return (member(frame as JsonRecord, "params") as JsonRecord[])[0] as JsonRecord;
}

describe.each(ADAPTERS)("over %s", (adapter) => {
  async function start(changes: SetupChanges = {}): Promise<FeedWorld> {
    const world = await FeedWorld.start(adapter, changes, true, ({ paths }) => {
      mkdirSync(join(paths.gcodes, "sub"));
      for (const name of ["a.gcode", "b.gcode", "sub/c.gcode"]) writeFileSync(join(paths.gcodes, name), PRUSA);
    });
    worlds.push(world);
    return world;
  }

  function print(world: FeedWorld, state: string, seconds = 0, filename = "a.gcode"): void {
    const fields = {
      state,
      filename,
      total_duration: seconds,
      print_duration: seconds * 0.9,
      filament_used: seconds * 2,
    };
    world.host.publish("print_stats", fields);
  }

  test("a print becomes a job that is added, goes on and is finished", async () => {
    const world = await start();
    const client = await world.identified();
    await client.call("server.files.metadata", { filename: "a.gcode" });
    print(world, "standby");
    print(world, "printing");
    const added = await historyChange(client);
    expect(added).toMatchObject({
      action: "added",
      job: {
        job_id: "000001",
        status: "in_progress",
        filename: "a.gcode",
        exists: true,
        end_time: null,
        user: null,
        auxiliary_data: [],
        metadata: { slicer: "PrusaSlicer" },
      },
    });
    print(world, "paused", 50);
    print(world, "printing", 60);
    await world.settled();
    expect(await client.get("server.history.list")).toMatchObject({
      count: 1,
      jobs: [{ job_id: "000001", status: "in_progress", total_duration: 60, filament_used: 120 }],
    });
    print(world, "complete", 100);
    expect(await historyChange(client)).toMatchObject({
      action: "finished",
      job: { job_id: "000001", status: "completed", total_duration: 100, print_duration: 90, filament_used: 200 },
    });
    expect(await client.get("server.history.totals")).toEqual({
      job_totals: {
        total_jobs: 1,
        total_time: 100,
        total_print_time: 90,
        total_filament_used: 200,
        longest_job: 100,
        longest_print: 90,
      },
      auxiliary_totals: [],
    });
    expect(await client.get("server.files.metadata", { filename: "a.gcode" })).toMatchObject({
      job_id: "000001",
      print_start_time: expect.any(Number),
    });
  });

  test("how a print ended is kept, and jobs can be looked through and deleted", async () => {
    const world = await start();
    const client = await world.identified();
    for (const [state, seconds] of [
      ["cancelled", 10],
      ["error", 20],
      ["standby", 30],
    ] as const) {
      print(world, "printing", seconds);
      await historyChange(client);
      print(world, state, 0);
      await historyChange(client);
    }
    print(world, "printing", 40, "b.gcode");
    await historyChange(client);
    world.host.state("shutdown", "stopped");
    await historyChange(client);
    world.host.state("ready");
    print(world, "printing", 5);
    await historyChange(client);
    world.host.state("disconnected");
    await historyChange(client);
    const { jobs } = await client.get("server.history.list", { order: "asc", max: 100 });
    expect(jobs).toMatchObject([
      { status: "cancelled", total_duration: 10 },
      { status: "error", total_duration: 20 },
      { status: "cancelled" },
      { status: "klippy_shutdown", filename: "b.gcode" },
      { status: "klippy_disconnect", total_duration: 5 },
    ]);
    expect(await world.result("/server/history/list?limit=2&start=1")).toMatchObject({
      count: 2,
      jobs: [{ job_id: "000004" }, { job_id: "000003" }],
    });
    const first = isRecord(Array.isArray(jobs) ? jobs[0] : {}) ? (jobs as JsonRecord[])[0] : {};
    const time = Number(member(first as JsonRecord, "start_time"));
    expect(await client.get("server.history.list", { before: time })).toMatchObject({ count: 0 });
    expect(await client.get("server.history.list", { since: time })).toMatchObject({ count: 4 });
    expect(await client.get("server.history.get_job", { uid: "000002" })).toMatchObject({ job: { status: "error" } });
    expect((await client.error("server.history.get_job", { uid: "00FFFF" })).code).toBe(-32601);
    expect((await client.error("server.history.get_job", { uid: "x" })).code).toBe(-32601);
    expect(await client.get("server.history.delete_job", { uid: "000002" })).toEqual({ deleted_jobs: ["000002"] });
    const all = await world.fetch("/server/history/job?all=true", { method: "DELETE" });
    expect(await all.json()).toEqual({ result: { deleted_jobs: ["000001", "000003", "000004", "000005"] } });
    expect(await client.get("server.history.reset_totals")).toMatchObject({ last_totals: { total_jobs: 5 } });
    expect(await client.get("server.history.totals")).toMatchObject({ job_totals: { total_jobs: 0 } });
  });

  test("a job goes on over a restart of the feed, and one that has not is interrupted", async () => {
    const world = await start();
    const client = await world.identified();
    print(world, "printing", 30);
    await historyChange(client);
    await world.feed.stop();
    for (const [seconds, status] of [
      [40, "in_progress"],
      [1, "interrupted"],
    ] as const) {
      const host = new FakeHost();
      const feed = await Feed.start(host.feedPort, world.setup, () => undefined);
      host.state("ready");
      const fields = { state: "printing", filename: "a.gcode", total_duration: seconds };
      host.publish("print_stats", fields);
      const again = await RpcClient.connect(feed.address.url);
      const list = async () => (await again.get("server.history.list", { order: "asc" })) as unknown as History;
      let { jobs } = await list();
      while (jobs[0]?.status !== status || jobs[0].total_duration < seconds) ({ jobs } = await list());
      expect(jobs).toHaveLength(status === "interrupted" ? 2 : 1);
      again.close();
      await feed.stop();
      host.close();
    }
  });

  test("files wait in a queue that survives a restart", async () => {
    const world = await start();
    const client = await world.identified();
    const added = await client.get("server.job_queue.post_job", { filenames: ["a.gcode", "sub/c.gcode"] });
    expect(added).toMatchObject({
      queue_state: "ready",
      queued_jobs: [
        { filename: "a.gcode", job_id: expect.stringMatching(/^[0-9A-F]{16}$/), time_in_queue: expect.any(Number) },
        { filename: "sub/c.gcode" },
      ],
    });
    await queueChange(client, "jobs_added");
    expect((await client.error("server.job_queue.post_job", { filenames: ["none.gcode"] })).code).toBe(400);
    const more = await world.fetch("/server/job_queue/job?filenames=b.gcode,a.gcode", { method: "POST" });
    const { result } = (await more.json()) as { result: { queued_jobs: { filename: string; job_id: string }[] } };
    expect(result.queued_jobs.map(({ filename }) => filename)).toEqual([
      "a.gcode",
      "sub/c.gcode",
      "b.gcode",
      "a.gcode",
    ]);
    const ids = result.queued_jobs.map(({ job_id: id }) => id);
    await client.call("server.job_queue.jump", { job_id: ids[2] });
    const left = await client.get("server.job_queue.delete_job", { job_ids: [ids[0], ids[3], "none"] });
    expect(left).toMatchObject({ queued_jobs: [{ filename: "b.gcode" }, { filename: "sub/c.gcode" }] });
    await world.feed.stop();
    const host = new FakeHost();
    const feed = await Feed.start(host.feedPort, world.setup, () => undefined);
    const again = await RpcClient.connect(feed.address.url);
    expect(await again.get("server.job_queue.status")).toMatchObject({
      queue_state: "paused",
      queued_jobs: [{ filename: "b.gcode" }, { filename: "sub/c.gcode" }],
    });
    again.close();
    await feed.stop();
    host.close();
  });

  test("the queue prints one job after the other when it is set to", async () => {
    const world = await start({ jobQueue: { automatic: true, transitionGcode: "CLEAR_BED" } });
    world.host.on("gcode.script", () => ({ result: null }));
    world.host.on("print.start", ({ params }) => {
      const filename = "filename" in params ? String(params.filename) : "";
      print(world, "printing", 0, filename);
      return { result: null };
    });
    const client = await world.identified();
    await client.call("server.job_queue.post_job", { filenames: ["a.gcode", "b.gcode"] });
    expect(await client.get("server.job_queue.start")).toMatchObject({ queue_state: "loading" });
    expect(await queueChange(client, "job_loaded")).toMatchObject({ updated_queue: [{ filename: "b.gcode" }] });
    print(world, "complete", 10, "a.gcode");
    expect((await world.host.request("gcode.script")).params).toEqual({ script: "CLEAR_BED" });
    expect(await queueChange(client, "job_loaded")).toMatchObject({ updated_queue: [] });
    print(world, "complete", 10, "b.gcode");
    await historyChange(client);
    expect(await client.get("server.job_queue.status")).toMatchObject({ queued_jobs: [], queue_state: "ready" });
  });

  test("without that it waits for the owner, and after a failed print always", async () => {
    const world = await start();
    world.host.on("print.start", ({ params }) => {
      const filename = "filename" in params ? String(params.filename) : "";
      print(world, "printing", 0, filename);
      return { result: null };
    });
    const client = await world.identified();
    await client.call("server.job_queue.post_job", { filenames: ["a.gcode", "b.gcode", "sub/c.gcode"] });
    await client.call("server.job_queue.start");
    await queueChange(client, "job_loaded");
    print(world, "complete", 10, "a.gcode");
    expect(await queueChange(client, "state_changed")).toBeDefined();
    await queueIs(client, "paused");
    await client.call("server.job_queue.start");
    await queueChange(client, "job_loaded");
    world.host.on("print.start", () => ({ status: 400, message: "no" }));
    print(world, "error", 10, "b.gcode");
    await queueIs(client, "paused");
    await client.call("server.job_queue.start");
    await queueIs(client, "paused");
    expect(await client.get("server.job_queue.status")).toMatchObject({ queued_jobs: [{ filename: "sub/c.gcode" }] });
    expect(await client.get("server.job_queue.pause")).toMatchObject({ queue_state: "paused" });
    rmSync(join(world.setup.paths.gcodes, "sub"), { recursive: true });
    expect(await client.get("server.job_queue.delete_job", { all: true })).toMatchObject({ queued_jobs: [] });
  });
});
