import fc from "fast-check";
import { expect, test } from "vitest";
import { RoundTrip } from "../../../host/mcu/round-trip.js";

test("doubles its patience up to five seconds, until something is measured", () => {
  const trip = new RoundTrip();
  const seen = Array.from({ length: 10 }, () => {
    const { rto } = trip;
    trip.backOff();
    return rto;
  });
  expect(seen).toEqual([0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]);
  trip.sample(0.001);
  expect(trip.rto).toBe(0.025);
});

test("keeps a doubled patience when something got through at last, but at most 0.1 s", () => {
  const trip = new RoundTrip();
  trip.sample(0.01);
  trip.backOff();
  expect(trip.rto).toBeCloseTo(0.06);
  trip.progress();
  expect(trip.rto).toBeCloseTo(0.06);
  for (let i = 0; i < 5; i++) trip.backOff();
  trip.progress();
  expect(trip.rto).toBe(0.1);
});

test("a line that is slow by nature keeps the patience that it needs", () => {
  const trip = new RoundTrip();
  for (let i = 0; i < 20; i++) trip.sample(0.4 + (i % 2) * 0.1);
  const needed = trip.rto;
  expect(needed).toBeGreaterThan(0.5);
  trip.backOff();
  trip.progress();
  expect(trip.rto).toBeCloseTo(needed);
});

test("is never less patient than 25 ms, nor more than 5 s, nor less than the round trip", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -0.01, max: 10, noNaN: true }), { minLength: 1 }), (samples) => {
      const trip = new RoundTrip();
      for (const sample of samples) trip.sample(sample);
      expect(trip.rto).toBeGreaterThanOrEqual(Math.min(5, Math.max(0.025, trip.srtt)));
      expect(trip.rto).toBeLessThanOrEqual(5);
    }),
  );
});
