import { expect, test } from "vitest";
import { ResponseRouter } from "../../../host/mcu/responses.js";
import { hostTime } from "../../../host/shared/units.js";
import { hex, join } from "../../support/bytes.js";
import { codecDictionary } from "../../support/codec-dictionary.js";

const [SENT, RECEIVED] = [hostTime(1), hostTime(2)];
const CLOCK = hex("768aa3c900");
/** `stepper_position` of object 3 and of object 4. */
const [POSITION_3, POSITION_4] = [hex("7a037f"), hex("7a0405")];

test("brings a response to everyone who waits for it, with its times", () => {
  const router = new ResponseRouter(codecDictionary());
  const heard: unknown[] = [];
  for (const name of ["a", "b"]) {
    router.on<"clock">("clock clock=%u", "test", (message, sent, received) => {
      heard.push([name, message.number("clock"), sent, received]);
    });
  }
  expect(router.route(CLOCK, SENT, RECEIVED)).toBe(true);
  expect(heard).toEqual([
    ["a", 21_554_304, 1, 2],
    ["b", 21_554_304, 1, 2],
  ]);
});

test("brings a response of an object to those who wait for that object", () => {
  const router = new ResponseRouter(codecDictionary());
  const heard: string[] = [];
  router.onObject<"pos">("stepper_position", 3, "stepper x", (message) => heard.push(`x ${message.number("pos")}`));
  const stop = router.onObject<"pos">("stepper_position", 4, "stepper y", (message) =>
    heard.push(`y ${message.number("pos")}`),
  );
  expect(router.route(join([POSITION_3, POSITION_4]), SENT, RECEIVED)).toBe(true);
  expect(heard).toEqual(["x -1", "y 5"]);
  stop();
  expect(router.route(POSITION_4, SENT, RECEIVED)).toBe(false);
  expect(heard).toHaveLength(2);
});

test("says when nobody was there, and counts what it cannot read", () => {
  const router = new ResponseRouter(codecDictionary());
  expect(router.route(CLOCK, SENT, RECEIVED)).toBe(false);
  expect(router.unread).toBe(0);
  expect(router.route(hex("5a"), SENT, RECEIVED)).toBe(false);
  expect(router.route(hex("768a"), SENT, RECEIVED)).toBe(false);
  expect(router.unread).toBe(2);
});

test("refuses to wait for what the firmware does not say", () => {
  const router = new ResponseRouter(codecDictionary());
  expect(() => router.on("analog_in_state", "sensor bed", () => {})).toThrowErrorMatchingInlineSnapshot(
    `[HostError: firmware v0.13.0-730-g84104bbbd has no 'analog_in_state', which sensor bed needs]`,
  );
});
