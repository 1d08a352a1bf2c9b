// thread: any
import fc from "fast-check";
import { expect, test } from "vitest";
import { FeedPublisher, isSameValue, type PublishTarget } from "../../../host/printer/feed-publisher.js";
import type { StatusObject } from "../../../host/printer/status.js";
import { hostTime } from "../../../host/shared/units.js";

type Statuses = Map<string, StatusObject>;

/** What a feed was told, one entry for each call. */
class Target implements PublishTarget {
  readonly calls: unknown[] = [];

  publish(_: unknown, statuses: Iterable<readonly [string, StatusObject]>): void {
    this.calls.push(Object.fromEntries(statuses));
  }

  remove(names: readonly string[]): void {
    this.calls.push(names);
  }

  setHelp(help: Readonly<Record<string, string>>): void {
    this.calls.push({ help });
  }

  setEndpoints(endpoints: readonly string[]): void {
    this.calls.push({ endpoints });
  }

  /** What came since the last call. */
  take(): unknown[] {
    return this.calls.splice(0);
  }
}

function publish(publisher: FeedPublisher, statuses: Statuses, commands = NO_COMMANDS): void {
  publisher.publish(hostTime(1), {
    objects: { names: [...statuses.keys()], hostStatus: (name) => statuses.get(name) },
    commands,
    endpoints: [],
  });
}

const NO_COMMANDS: Readonly<Record<string, { readonly help?: string }>> = {};

test("publishes an object when it gives another one, and takes those away that are gone", () => {
  const target = new Target();
  const publisher = new FeedPublisher(target);
  const fan = Object.freeze({ speed: 0.5 });
  publish(publisher, new Map([["fan", fan]]));
  expect(target.take()).toEqual([{ fan: { speed: 0.5 } }, { help: {} }]);
  publish(publisher, new Map([["fan", fan]]));
  expect(target.take()).toEqual([]);
  publish(publisher, new Map([["fan", { speed: 1 }]]));
  expect(target.take()).toEqual([{ fan: { speed: 1 } }]);
  publish(publisher, new Map());
  expect(target.take()).toEqual([["fan"]]);
});

test("passes lists on as they were when they say the same again", () => {
  const target = new Target();
  const publisher = new FeedPublisher(target);
  const first = { mesh: [[1, 2]], name: "a" };
  publish(publisher, new Map<string, StatusObject>([["bed_mesh", first]]));
  target.take();
  publish(publisher, new Map<string, StatusObject>([["bed_mesh", { mesh: [[1, 2]], name: "b" }]]));
  const [told] = target.take();
  expect(told).toEqual({ bed_mesh: { mesh: [[1, 2]], name: "b" } });
  expect(told).toHaveProperty("bed_mesh.mesh", first.mesh);
});

test("tells the help of commands each time there are others", () => {
  const target = new Target();
  const publisher = new FeedPublisher(target);
  publish(publisher, new Map(), { G1: {}, PAUSE: { help: "Pause the print" } });
  publish(publisher, new Map(), { G1: {} });
  expect(target.take()).toEqual([{ help: { PAUSE: "Pause the print" } }, { help: {} }]);
});

test("takes values to be the same exactly when their JSON is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: true }), fc.jsonValue({ noUnicodeString: true }), (a, b) => {
      const copy: unknown = structuredClone(a);
      expect(isSameValue(a, copy)).toBe(true);
      if (isSameValue(a, b)) expect(b).toEqual(a);
    }),
  );
});
