import { expect, test } from "vitest";
import { Lateness } from "../../../../host/feed/status/lateness.js";
import { StatusObjects } from "../../../../host/feed/status/objects.js";
import {
  DEFAULT_INTERVAL_MS,
  type FrameStyle,
  type StatusSink,
  type SubscriptionRequest,
  Subscriptions,
} from "../../../../host/feed/status/subscriptions.js";
import { hostTime } from "../../../../host/shared/units.js";
import { FakeTimers } from "../../../support/feed-timers.js";

const STYLE: FrameStyle = {
  key: "plain",
  wrap: (status, eventtime, ages) => `${eventtime} ${status}${ages === undefined ? "" : ` ${ages}`}`,
};

class Client implements StatusSink {
  backlog = 0;
  readonly frames: Buffer[] = [];

  deliver(frame: Buffer): void {
    this.frames.push(frame);
  }

  get texts(): string[] {
    return this.frames.map((frame) => frame.toString());
  }
}

function setUp() {
  const timers = new FakeTimers();
  const objects = new StatusObjects(() => undefined);
  const lateness = new Lateness();
  const now = () => hostTime(timers.now());
  const subscriptions = new Subscriptions({
    objects,
    timers,
    lateness,
    now,
    hostConfirmed: now,
    refresh: () => undefined,
  });
  const set = (value: number): void => objects.apply({ name: "fan", fields: { speed: value } }, now());
  const request: SubscriptionRequest = {
    selection: [{ name: "fan", fields: null }],
    intervalMs: DEFAULT_INTERVAL_MS,
    ages: false,
    style: STYLE,
  };
  const add = (changes: Partial<SubscriptionRequest> = {}): Client => {
    const client = new Client();
    subscriptions.add(client, { ...request, ...changes }).active = true;
    return client;
  };
  set(0);
  return { timers, objects, lateness, subscriptions, set, request, add };
}

test("all changes of an interval come in one frame, and none without a change", () => {
  const { timers, set, add } = setUp();
  const client = add();
  set(1);
  set(2);
  timers.advance(249);
  expect(client.texts).toEqual([]);
  timers.advance(1);
  expect(client.texts).toEqual(['1000.250000 {"fan":{"speed":2}}']);
  timers.advance(1000);
  expect(client.frames).toHaveLength(1);
});

test("clients with the same subscription share one frame, made once", () => {
  const { timers, set, add } = setUp();
  const [one, two] = [add(), add()];
  set(1);
  timers.advance(250);
  expect(one.frames[0]).toBe(two.frames[0]);
});

test("someone who joins between two ticks gets only what is newer than its reply", () => {
  const { timers, set, add } = setUp();
  const early = add();
  set(1);
  const late = add();
  timers.advance(250);
  expect([early.texts, late.texts]).toEqual([['1000.250000 {"fan":{"speed":1}}'], []]);
  set(2);
  timers.advance(250);
  expect(late.texts).toEqual(['1000.500000 {"fan":{"speed":2}}']);
});

test("nothing is sent before the reply was", () => {
  const { timers, set, subscriptions, request } = setUp();
  const client = new Client();
  const subscription = subscriptions.add(client, request);
  set(1);
  timers.advance(500);
  expect(client.texts).toEqual([]);
  subscription.active = true;
  timers.advance(250);
  expect(client.texts).toEqual(['1000.750000 {"fan":{"speed":1}}']);
});

test("each subscription has its own rate", () => {
  const { timers, set, add } = setUp();
  const [fast, usual] = [add({ intervalMs: 20 }), add()];
  for (let i = 1; i <= 50; i++) {
    set(i);
    timers.advance(20);
  }
  expect([fast.frames.length, usual.frames.length]).toEqual([50, 4]);
});

test("a client that does not read gets one merged difference when it reads again", () => {
  const { timers, objects, set, add, subscriptions } = setUp();
  const [slow, other] = [add(), add()];
  slow.backlog = 100_000;
  for (let i = 1; i <= 5; i++) {
    set(i);
    if (i === 2) objects.apply({ name: "fan", fields: { rpm: 7 } }, hostTime(1));
    timers.advance(250);
  }
  expect([slow.frames.length, other.frames.length, subscriptions.skipped]).toEqual([0, 5, 5]);
  slow.backlog = 0;
  timers.advance(250);
  expect(slow.texts).toEqual(['1001.500000 {"fan":{"speed":5,"rpm":7}}']);
  expect(other.frames).toHaveLength(5);
});

test("a tick that comes late is noted, and those that were missed are left out", () => {
  const { timers, lateness, set, add } = setUp();
  const client = add();
  set(1);
  timers.stall(1100);
  expect(client.texts).toEqual(['1001.100000 {"fan":{"speed":1}}']);
  expect(lateness.worst(timers.now())).toBeCloseTo(0.85);
  set(2);
  timers.advance(150);
  expect(client.texts[1]).toBe('1001.250000 {"fan":{"speed":2}}');
});

test("removing the last subscriber stops the clock of its rate", () => {
  const { timers, set, subscriptions, request } = setUp();
  const client = new Client();
  const subscription = subscriptions.add(client, request);
  subscription.active = true;
  subscriptions.remove(subscription);
  subscriptions.remove(subscription);
  set(1);
  timers.advance(1000);
  expect(client.texts).toEqual([]);
});

test("ages come with the update for those who ask for them", () => {
  const { timers, set, add } = setUp();
  const client = add({ ages: true });
  set(1);
  timers.advance(250);
  expect(client.texts).toEqual(['1000.250000 {"fan":{"speed":1}} {"fan":0}']);
});

test("lateness is the worst of the last seconds and is forgotten after a minute", () => {
  const lateness = new Lateness();
  lateness.record(100.2, 0.3);
  lateness.record(100.9, 0.1);
  lateness.record(105, 0.05);
  expect([lateness.worst(105, 5), lateness.worst(105, 10), lateness.worst(165)]).toEqual([0.05, 0.3, 0]);
});
