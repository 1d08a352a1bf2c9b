import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockDecoder, encodeBlock } from "../../../host/mcu/frame.js";
import { McuLink, type PayloadSource, type Ticket } from "../../../host/mcu/link.js";
import { type HostTime, hostTime } from "../../../host/shared/units.js";
import { Random } from "../../../host/virtual/random.js";
import { cut, hex, join, toHex } from "../../support/bytes.js";

/** A source that gives out these payloads, one to a block. */
class ListSource implements PayloadSource {
  readonly tickets: Ticket[] = [];
  readonly rooms: number[] = [];
  readonly #payloads: Uint8Array[];

  constructor(payloads: readonly Uint8Array[] = []) {
    this.#payloads = [...payloads];
  }

  push(...payloads: readonly Uint8Array[]): void {
    this.#payloads.push(...payloads);
  }

  fill(into: Uint8Array, at: number, room: number, _now: HostTime, ticket: Ticket): number {
    this.rooms.push(room);
    const next = this.#payloads[0];
    if (next === undefined || next.length > room) return 0;
    into.set(next, at);
    this.tickets.push(ticket);
    this.#payloads.shift();
    return next.length;
  }
}

interface Bench {
  readonly link: McuLink;
  readonly source: ListSource;
  /** What was written since the last look, as hex. */
  written(): string[];
  readonly payloads: { hex: string; sent: number; received: number }[];
}

function bench(options: { receiveWindow?: number; bytesPerSecond?: number } = {}): Bench {
  let written: string[] = [];
  const source = new ListSource();
  const payloads: Bench["payloads"] = [];
  const link = new McuLink({
    source,
    write: (bytes) => written.push(toHex(bytes)),
    onPayload: (payload, sent, received) => payloads.push({ hex: toHex(payload), sent, received }),
    ...options,
  });
  return {
    link,
    source,
    payloads,
    written: () => {
      const all = written;
      written = [];
      return all;
    },
  };
}

const empty = new Uint8Array(0);
const ack = (sequence: number): Uint8Array => encodeBlock(sequence, empty);
const probe = (sequence: number): string => `7e${toHex(ack(sequence))}`;
const block = (sequence: number, payload: string): string => toHex(encodeBlock(sequence, hex(payload)));

/** A link that has agreed with its board on number `sequence`. */
function opened(sequence = 0, options: Parameters<typeof bench>[0] = {}): Bench {
  const one = bench(options);
  one.link.pump(hostTime(0));
  one.link.receive(ack(sequence - 1), hostTime(0.001));
  one.link.pump(hostTime(0.001));
  one.link.receive(ack(sequence), hostTime(0.002));
  one.link.pump(hostTime(0.002));
  one.written();
  expect(one.link.isOpen).toBe(true);
  return one;
}

test("asks for the board's number until two answers in a row fit, and sends nothing before", () => {
  const { link, source, written } = bench();
  source.push(hex("aa"));
  expect(link.pump(hostTime(0))).toBeCloseTo(0.025);
  expect(written()).toEqual([probe(0)]);
  // A board in the middle of a session refuses number 0 and says what it expects.
  link.receive(ack(9), hostTime(0.001));
  link.pump(hostTime(0.001));
  expect(written()).toEqual([probe(9)]);
  expect(link.isOpen).toBe(false);
  link.receive(ack(10), hostTime(0.002));
  link.pump(hostTime(0.002));
  expect(link.isOpen).toBe(true);
  expect(written()).toEqual([block(10, "aa")]);
});

test("is not misled by an acknowledgement that an earlier session left behind", () => {
  const { link, written } = bench();
  link.pump(hostTime(0));
  link.receive(join([ack(4), ack(5), ack(6)]), hostTime(0.001));
  link.pump(hostTime(0.001));
  // The board itself expects 12.
  expect(written().at(-1)).toBe(probe(6));
  expect(link.isOpen).toBe(false);
  link.receive(ack(12), hostTime(0.002));
  link.pump(hostTime(0.002));
  link.receive(ack(13), hostTime(0.003));
  expect(link.isOpen).toBe(true);
  expect(link.stats.send_seq).toBe(13);
});

test("keeps asking a board that is silent, at most every quarter of a second", () => {
  const { link, written } = bench();
  const times: number[] = [];
  for (let now = 0; now < 2; ) {
    times.push(now);
    now = link.pump(hostTime(now));
  }
  expect(written()).toHaveLength(times.length);
  expect(times.length).toBeGreaterThan(9);
  expect(times.slice(1).every((time, i) => time - (times[i] ?? 0) <= 0.2500001)).toBe(true);
});

test("hands up what a board says before it is open, such as that it is starting", () => {
  const { link, payloads } = bench();
  link.pump(hostTime(0));
  link.receive(encodeBlock(0, hex("71")), hostTime(0.5));
  expect(payloads).toEqual([{ hex: "71", sent: Number.NaN, received: 0.5 }]);
  expect(link.isOpen).toBe(false);
});

test("sends up to 12 blocks ahead of their acknowledgements, the 4-bit number going round", () => {
  const { link, source, written } = opened(10);
  source.push(...Array.from({ length: 20 }, (_, i) => Uint8Array.of(i)));
  expect(link.pump(hostTime(1))).toBeCloseTo(1.025);
  expect(written()).toEqual(Array.from({ length: 12 }, (_, i) => block(10 + i, toHex(Uint8Array.of(i)))));
  expect(link.pendingBlocks).toBe(12);
  link.receive(ack(10 + 3), hostTime(1.001));
  link.pump(hostTime(1.001));
  expect(written()).toEqual([12, 13, 14].map((i) => block(10 + i, toHex(Uint8Array.of(i)))));
  expect(link.stats).toMatchObject({ send_seq: 25, receive_seq: 13, bytes_retransmit: 0, bytes_invalid: 0 });
});

test("never has more bytes on their way than the board can hold, to the byte", () => {
  const { link, source } = opened(0, { receiveWindow: 192 });
  source.push(...Array.from({ length: 9 }, () => new Uint8Array(59)));
  link.pump(hostTime(1));
  expect(link.bytesInFlight).toBe(192);
  expect(link.pendingBlocks).toBe(3);
  link.receive(ack(1), hostTime(1.01));
  expect(link.bytesInFlight).toBe(128);
  link.pump(hostTime(1.01));
  expect(link.bytesInFlight).toBe(192);
});

test("offers the room that is left in the board's buffer, but waits rather than send a tiny block", () => {
  const { link, source } = opened(0, { receiveWindow: 192 });
  source.push(new Uint8Array(55), new Uint8Array(55), new Uint8Array(20));
  link.pump(hostTime(1));
  // 192 - 60 - 60 - 25 = 47: 42 of payload.
  expect(source.rooms.slice(-1)).toEqual([42]);
  source.push(new Uint8Array(30));
  link.pump(hostTime(1));
  const asked = source.rooms.length;
  link.pump(hostTime(1));
  expect(source.rooms).toHaveLength(asked);
  expect(link.bytesInFlight).toBe(60 + 60 + 25 + 35);
});

test("repeats everything behind a sync byte when an acknowledgement does not come, waiting twice as long each time", () => {
  const { link, source, written } = opened(0);
  source.push(hex("aa"), hex("bb"));
  let next = link.pump(hostTime(1));
  written();
  const repeats: number[] = [];
  for (let i = 0; i < 9; i++) {
    repeats.push(next);
    expect(link.pump(hostTime(next - 1e-6))).toBe(next);
    expect(written()).toEqual([]);
    next = link.pump(hostTime(next));
    expect(written()).toEqual([`7e${block(0, "aa")}${block(1, "bb")}`]);
  }
  const gaps = repeats.slice(1).map((time, i) => Number((time - (repeats[i] ?? 0)).toFixed(3)));
  expect(gaps).toEqual([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5]);
  expect(link.stats.bytes_retransmit).toBe(9 * 13);
  link.receive(ack(2), hostTime(next - 1));
  expect(link.pump(hostTime(next - 1))).toBe(Number.POSITIVE_INFINITY);
  expect(link.bytesInFlight).toBe(0);
});

test("repeats at once when the board refuses a block, and takes the echoes of that for what they are", () => {
  const { link, source, written } = opened(0);
  source.push(hex("aa"), hex("bb"), hex("cc"));
  link.pump(hostTime(1));
  written();
  // 0 arrives, 1 is lost, so 2 is refused.
  link.receive(join([ack(1), ack(1)]), hostTime(1.001));
  expect(written()).toEqual([`7e${block(1, "bb")}${block(2, "cc")}`]);
  // Another refusal of the same old block 2 says nothing new.
  link.receive(ack(1), hostTime(1.0012));
  expect(written()).toEqual([]);
  link.receive(join([ack(2), ack(3)]), hostTime(1.002));
  expect(written()).toEqual([]);
  expect(link.pump(hostTime(1.002))).toBe(Number.POSITIVE_INFINITY);
});

test("does not answer refusals when nothing is on its way", () => {
  const { link, written } = opened(3);
  link.receive(join([ack(3), ack(3)]), hostTime(1));
  expect(written()).toEqual([]);
});

test("ignores acknowledgements of what was never sent", () => {
  const { link, source, payloads } = opened(0);
  source.push(hex("aa"));
  link.pump(hostTime(1));
  link.receive(ack(7), hostTime(1.001));
  expect(link.pendingBlocks).toBe(1);
  expect(link.stats.bytes_invalid).toBe(5);
  // What the board says is handed up all the same: it may have restarted.
  link.receive(encodeBlock(9, hex("71")), hostTime(1.002));
  expect(payloads.map((payload) => payload.hex)).toEqual(["71"]);
  expect(link.pendingBlocks).toBe(1);
});

test("an answer tells when its question left, unless the question was repeated", () => {
  const { link, source, payloads } = opened(0);
  source.push(hex("05"));
  link.pump(hostTime(1));
  link.receive(join([encodeBlock(1, hex("7600")), ack(1)]), hostTime(1.004));
  source.push(hex("05"));
  link.pump(hostTime(2));
  link.pump(hostTime(2.1));
  link.receive(encodeBlock(2, hex("7600")), hostTime(2.2));
  expect(payloads).toEqual([
    { hex: "7600", sent: 1, received: 1.004 },
    { hex: "7600", sent: Number.NaN, received: 2.2 },
  ]);
});

test("a ticket tells when its block left and when the board had it", () => {
  const received: number[][] = [];
  const source = new ListSource([hex("aa"), hex("bb")]);
  const link = new McuLink({
    source,
    write: () => {},
    onPayload: () => {},
    onReceived: (ticket, sent, acknowledged) => received.push([ticket, sent, acknowledged]),
  });
  link.pump(hostTime(0));
  link.receive(ack(15), hostTime(0.1));
  link.pump(hostTime(0.1));
  link.receive(ack(0), hostTime(0.2));
  link.pump(hostTime(1));
  const [first, second] = source.tickets;
  if (first === undefined || second === undefined) return expect.fail();
  expect([link.sentAt(first), link.isReceived(first), link.acknowledgedAt(first)]).toEqual([1, false, Number.NaN]);
  link.receive(ack(1), hostTime(1.5));
  expect([link.isReceived(first), link.acknowledgedAt(first), link.isReceived(second)]).toEqual([true, 1.5, false]);
  expect(received).toEqual([[first, 1, 1.5]]);
  expect(link.waiting(hostTime(3))).toBe(2);
});

test("on a slow line it waits for its own bytes to be through before it doubts them", () => {
  const { link, source } = opened(0, { bytesPerSecond: 1000 });
  source.push(new Uint8Array(59), new Uint8Array(59));
  expect(link.pump(hostTime(1))).toBeCloseTo(1 + 0.064 + 0.025, 3);
  link.receive(ack(1), hostTime(1.07));
  expect(link.pump(hostTime(1.07))).toBeCloseTo(1 + 0.128 + 0.025, 3);
});

test("measures the round trip, from the first question on, but not on blocks that were repeated", () => {
  const { link, source } = opened(0);
  expect(link.stats).toMatchObject({ srtt: 0.001, rttvar: 0.000375, rto: 0.025 });
  source.push(hex("aa"));
  link.pump(hostTime(1));
  link.receive(ack(1), hostTime(1.041));
  // srtt += 40 ms / 8, rttvar += (40 ms - rttvar) / 4
  const after = { srtt: expect.closeTo(0.006, 9), rttvar: expect.closeTo(0.01028125, 9) };
  expect(link.stats).toMatchObject({ ...after, rto: expect.closeTo(0.047125, 9) });
  source.push(hex("bb"));
  link.pump(hostTime(2));
  link.pump(hostTime(2.2));
  link.receive(ack(2), hostTime(2.3));
  expect(link.stats).toMatchObject({ ...after, rto: expect.closeTo(0.09425, 9) });
});

/** A board that does nothing but take blocks in order and acknowledge, as the firmware was seen to do. */
class Acceptor {
  readonly taken: string[] = [];
  readonly #answer: (bytes: Uint8Array) => void;
  #expected: number;
  #hasComplained = false;
  readonly #decoder = new BlockDecoder({
    onSkipped: () => {
      if (!this.#hasComplained) this.#answer(ack(this.#expected));
      this.#hasComplained = true;
    },
    onBlock: (sequence, bytes, start, end) => {
      this.#hasComplained = false;
      if (sequence === this.#expected % 16) {
        this.#expected++;
        if (end > start) this.taken.push(toHex(bytes.subarray(start, end)));
      }
      this.#answer(ack(this.#expected));
    },
  });

  constructor(expected: number, answer: (bytes: Uint8Array) => void) {
    this.#expected = expected;
    this.#answer = answer;
  }

  push(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }
}

/** Everything that travels, in the order of its arrival. */
class Postman {
  readonly #letters: { time: number; order: number; deliver: () => void }[] = [];
  #order = 0;

  post(time: number, deliver: () => void): void {
    this.#letters.push({ time, order: this.#order++, deliver });
    this.#letters.sort((a, b) => a.time - b.time || a.order - b.order);
  }

  get next(): number {
    return this.#letters[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  deliver(): void {
    this.#letters.shift()?.deliver();
  }
}

test("whatever is dropped, corrupted, cut up or delayed, every payload arrives once and in order", () => {
  const rates = fc.record({
    drop: fc.double({ min: 0, max: 0.006, noNaN: true }),
    flip: fc.double({ min: 0, max: 0.006, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 0, max: 15 }),
      rates,
      rates,
      fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 4 }),
      (seed, start, there, back, cuts) => {
        const random = new Random(seed);
        const post = new Postman();
        let now = 0;
        const spoil = (bytes: Uint8Array, { drop, flip }: { drop: number; flip: number }): Uint8Array =>
          Uint8Array.from(
            Array.from(bytes).flatMap((byte) =>
              random.chance(drop) ? [] : [random.chance(flip) ? byte ^ 0x41 : byte],
            ),
          );
        const payloads = Array.from({ length: 60 }, (_, i) => {
          const payload = new Uint8Array(2 + (random.uint32() % 57));
          payload.fill(i);
          return payload;
        });
        const board = new Acceptor(start, (bytes) => {
          const spoilt = spoil(bytes, back);
          post.post(now + 0.0005, () => link.receive(spoilt, hostTime(now)));
        });
        const link = new McuLink({
          source: new ListSource(payloads),
          receiveWindow: 192,
          onPayload: () => {},
          write: (bytes) => {
            for (const piece of cut(spoil(bytes, there), cuts)) post.post(now + 0.0005, () => board.push(piece));
          },
        });
        while (board.taken.length < payloads.length || link.pendingBlocks > 0) {
          const next = link.pump(hostTime(now));
          expect(link.bytesInFlight).toBeLessThanOrEqual(192);
          now = Math.min(next, post.next);
          if (post.next <= now) post.deliver();
          if (now > 1000) expect.fail(`stuck with ${board.taken.length} of ${payloads.length}`);
        }
        expect(board.taken).toEqual(payloads.map(toHex));
      },
    ),
    { numRuns: 40 },
  );
});

test("the empty block behind an answer is no refusal, the next one with its number is", () => {
  const { link, source, written } = opened(3);
  source.push(hex("aa"));
  link.pump(hostTime(0.01));
  expect(written()).toEqual([block(3, "aa")]);
  // The board answers, and what the answer causes leaves before the empty block has come.
  link.receive(encodeBlock(4, hex("71")), hostTime(0.012));
  source.push(hex("bb"));
  link.pump(hostTime(0.012));
  expect(written()).toEqual([block(4, "bb")]);
  link.receive(ack(4), hostTime(0.0121));
  link.pump(hostTime(0.0121));
  expect(written()).toEqual([]);
  expect(link.stats.bytes_retransmit).toBe(0);
  link.receive(ack(4), hostTime(0.014));
  expect(written()).toEqual([`7e${block(4, "bb")}`]);
});
