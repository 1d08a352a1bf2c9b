import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { IdentifyFetcher } from "../../../host/mcu/identify.js";
import type { Ticket } from "../../../host/mcu/link.js";
import { encodeByteString, encodeVlq, PayloadReader } from "../../../host/mcu/vlq.js";
import { type HostTime, hostTime, seconds } from "../../../host/shared/units.js";
import { hex, toHex } from "../../support/bytes.js";
import { CODEC_JSON } from "../../support/codec-dictionary.js";

const COMPRESSED = deflateSync(CODEC_JSON);

interface Bench {
  readonly fetcher: IdentifyFetcher;
  /** The question that it wants to send at a time, as offset and count. */
  ask(now: number): readonly [number, number] | undefined;
  /** An answer with a piece of `from`, beginning at `offset`. */
  answer(offset: number, now: number, length?: number, from?: Uint8Array): void;
}

function bench(timeout = 5): Bench {
  const fetcher = new IdentifyFetcher({ mcu: "mcu", timeout: seconds(timeout) });
  const into = new Uint8Array(64);
  // The source is asked by a link; which block it travels in does not matter here.
  const fill: (into: Uint8Array, at: number, room: number, now: HostTime, ticket?: Ticket) => number =
    fetcher.fill.bind(fetcher);
  return {
    fetcher,
    ask: (now) => {
      const length = fill(into, 0, 59, hostTime(now));
      if (length === 0) return undefined;
      const reader = new PayloadReader().open(into, 0, length);
      expect(reader.int()).toBe(1);
      return [reader.uint(), reader.uint()];
    },
    answer: (offset, now, length = 40, from = COMPRESSED) => {
      const payload = new Uint8Array(64);
      const end = encodeByteString(payload, encodeVlq(payload, 1, offset), from.subarray(offset, offset + length));
      fetcher.onPayload(payload.subarray(0, end), hostTime(now));
    },
  };
}

test("asks in the firmware's fixed ids, one piece after the other", () => {
  const into = new Uint8Array(64);
  const { fetcher, ask, answer } = bench();
  expect(toHex(into.subarray(0, fetcher.fill(into, 0, 59, hostTime(0))))).toBe("010028");
  answer(0, 0.01);
  expect(ask(0.01)).toEqual([40, 40]);
});

test("puts the pieces together until an empty one comes", () => {
  const { fetcher, ask, answer } = bench();
  let now = 0;
  for (let offset = 0; fetcher.state.value === "fetching"; offset += 40) {
    expect(ask(now)?.[0]).toBe(Math.min(offset, COMPRESSED.length));
    now += 0.002;
    answer(Math.min(offset, COMPRESSED.length), now);
  }
  const { state } = fetcher;
  if (state.value !== "done") return expect.fail();
  expect(state.dictionary.clockFrequency).toBe(16_000_000);
  expect(toHex(state.compressed)).toBe(toHex(COMPRESSED));
  expect([ask(now), fetcher.nextTime]).toEqual([undefined, Number.POSITIVE_INFINITY]);
});

test("asks again when an answer is lost, and not before", () => {
  const { fetcher, ask } = bench();
  expect(fetcher.nextTime).toBe(Number.POSITIVE_INFINITY);
  expect(ask(0)).toEqual([0, 40]);
  expect(fetcher.nextTime).toBeCloseTo(0.1);
  expect(ask(0.05)).toBeUndefined();
  expect(ask(0.11)).toEqual([0, 40]);
});

test("takes the pieces that the board gives, whatever their length, and only the one asked for", () => {
  const { fetcher, ask, answer } = bench();
  ask(0);
  answer(40, 0.01);
  expect(fetcher.state).toEqual({ value: "fetching", bytes: 0 });
  answer(0, 0.02, 7);
  answer(0, 0.02, 40);
  expect(ask(0.03)).toEqual([7, 40]);
  fetcher.onPayload(hex("768aa3c900"), hostTime(0.04));
  expect(fetcher.state).toEqual({ value: "fetching", bytes: 7 });
});

test("gives up when nothing comes for too long, also when the link never opens", () => {
  const { fetcher, ask, answer } = bench(2);
  fetcher.check(hostTime(10));
  ask(11);
  answer(0, 11.5);
  expect(fetcher.check(hostTime(13)).value).toBe("fetching");
  const state = fetcher.check(hostTime(13.6));
  expect(state.value === "failed" ? state.error.format() : "").toMatchInlineSnapshot(`
    "mcu 'mcu': the board did not answer 'identify' within 2.1 s (MCU_TIMEOUT)
      To fix: check 'serial' and 'baud' of this board in printer.cfg, its cable and power, and that it runs Klipper firmware."
  `);
  expect(ask(14)).toBeUndefined();
});

test("fails when what came is no dictionary", () => {
  const { fetcher, ask, answer } = bench();
  const wrong = new Uint8Array(50).fill(1);
  for (const offset of [0, 40, 50]) {
    ask(offset);
    answer(offset, offset + 0.01, 40, wrong);
  }
  const { state } = fetcher;
  expect(state.value === "failed" ? state.error.headline : "").toMatchInlineSnapshot(
    `"mcu 'mcu': the board did not answer 'identify' within 40.0 s (MCU_TIMEOUT)"`,
  );
});

test("does not read on for ever", () => {
  const { fetcher, ask, answer } = bench();
  const endless = new Uint8Array(2 << 20);
  for (let i = 0; fetcher.state.value === "fetching" && i < 1e5; i++) {
    const offset = fetcher.state.bytes;
    ask(i);
    answer(offset, i + 0.01, 40, endless);
  }
  const { state } = fetcher;
  expect(state.value === "failed" ? state.error.headline : "").toMatchInlineSnapshot(
    `"mcu 'mcu': the board's dictionary cannot be used: it is longer than 1048576 bytes (MCU_DICTIONARY)"`,
  );
});
