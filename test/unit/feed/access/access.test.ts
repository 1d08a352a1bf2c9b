import fc from "fast-check";
import { expect, test } from "vitest";
import { Allowance, Allowances } from "../../../../host/feed/access/allowance.js";
import {
  AddressRanges,
  hostPart,
  isLocalName,
  originAuthority,
  Patterns,
  plainAddress,
} from "../../../../host/feed/access/network.js";
import { randomToken, sameSecret, signToken, verifyToken } from "../../../../host/feed/access/tokens.js";
import { FakeTimers } from "../../../support/feed-timers.js";

test("an address has one form, whatever the server calls it", () => {
  expect(plainAddress("0000:0000:0000:0000:0000:ffff:7f00:0001")).toBe("127.0.0.1");
  expect(plainAddress("::ffff:192.168.1.5")).toBe("192.168.1.5");
  expect(plainAddress("0000:0000:0000:0000:0000:0000:0000:0001")).toBe("::1");
  expect(plainAddress("fe80::1%eth0")).toBe("fe80::1");
  expect(plainAddress("10.0.0.1")).toBe("10.0.0.1");
  expect(plainAddress("nonsense")).toBe("nonsense");
});

test("ranges hold what is in them and nothing else", () => {
  const ranges = new AddressRanges(["192.168.1.0/24", " 10.0.0.1 ", "fd00::/8", "::1"]);
  for (const inside of ["192.168.1.0", "192.168.1.255", "10.0.0.1", "fd12::3", "::1"])
    expect(ranges.has(inside)).toBe(true);
  for (const outside of ["192.168.2.1", "10.0.0.2", "fe80::1", "", "x", "192.168.1.1.evil.com"]) {
    expect(ranges.has(outside)).toBe(false);
  }
  for (const wrong of ["192.168.1.0/33", "x/8", "1.2.3", "printer.lan", "1.2.3.4/", "::/129", "1.2.3.4/a"]) {
    expect(() => new AddressRanges([wrong])).toThrow(expect.objectContaining({ code: "FEED_SETTING" }));
  }
});

test("names in headers are read without ports and brackets", () => {
  expect([hostPart("Printer.local:7125"), hostPart("[::1]:80"), hostPart("")]).toEqual(["printer.local", "::1", ""]);
  expect(originAuthority("http://a.b:80")).toBe("a.b:80");
  expect([originAuthority("null"), originAuthority("file://"), originAuthority("http://a/b")]).toEqual(["", "", ""]);
});

test("only names that nobody can register are ours without being told", () => {
  for (const name of ["localhost", "printer", "printer.local", "10.1.2.3", "fe80::1", "x.home.arpa", ""]) {
    expect(isLocalName(name)).toBe(true);
  }
  for (const name of ["evil.com", "local.evil.com", "printer.local.com"]) expect(isLocalName(name)).toBe(false);
});

test("patterns match as a whole, and a star stops at a slash", () => {
  const patterns = new Patterns(["http://*.local", "*.example.org:*", "https://my.site"]);
  for (const text of ["http://a.local", "HTTP://A.LOCAL", "x.example.org:80", "https://my.site"]) {
    expect(patterns.match(text)).toBe(true);
  }
  for (const text of ["http://a.local.evil.com", "http://evil/.local", "https://myxsite", "http://my.site"]) {
    expect(patterns.match(text)).toBe(false);
  }
  expect(new Patterns(["*"]).match("anything://at/all")).toBe(true);
  expect(new Patterns([]).match("")).toBe(false);
});

test("a token says what was signed, until it ends or the secret changes", () => {
  const claims = { username: "eva", kind: "access", expires: 2000 } as const;
  const token = signToken(claims, "secret", 1000);
  expect(verifyToken(token, () => "secret", 1500)).toEqual(claims);
  expect(verifyToken(token, () => "secret", 2000)).toBeUndefined();
  expect(verifyToken(token, () => "other", 1500)).toBeUndefined();
  expect(verifyToken(token, () => undefined, 1500)).toBeUndefined();
});

test("no change to a token makes another one", () => {
  const token = signToken({ username: "eva", kind: "access", expires: 2000 }, "secret", 1000);
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  const [, body = "", signature = ""] = token.split(".");
  expect(verifyToken(`${none}.${body}.`, () => "secret", 1500)).toBeUndefined();
  expect(verifyToken(`${none}.${body}.${signature}`, () => "secret", 1500)).toBeUndefined();
  fc.assert(
    fc.property(fc.nat({ max: token.length - 1 }), fc.constantFrom(..."aZ09-_."), (at, letter) => {
      const changed = token.slice(0, at) + letter + token.slice(at + 1);
      // The last letter of a base64 text may carry bits that mean nothing.
      if (changed !== token && at !== token.length - 1) {
        expect(verifyToken(changed, () => "secret", 1500)).toBeUndefined();
      }
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => verifyToken(text, () => "secret", 0) === undefined));
});

test("secrets are compared whole, and random texts are what they are for", () => {
  expect([sameSecret("a", "a"), sameSecret("a", "b"), sameSecret("a", "aa"), sameSecret("", "")]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(randomToken(32)).toMatch(/^[A-Z2-7]{32}$/);
  expect(randomToken(32)).not.toBe(randomToken(32));
});

test("an allowance is used up at once or slowly, and grows again", () => {
  const allowance = new Allowance(10, 20, 100);
  expect([allowance.take(15, 100), allowance.take(6, 100), allowance.take(5, 100)]).toEqual([true, false, true]);
  expect([allowance.take(1, 100), allowance.take(10, 101), allowance.isFull(102), allowance.isFull(103)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test("each address has an allowance of its own", () => {
  const timers = new FakeTimers();
  const allowances = new Allowances(1, 2, timers);
  expect([allowances.take("a"), allowances.take("a"), allowances.take("a"), allowances.take("b")]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  for (let i = 0; i < 20_000; i++) allowances.take(`x${i}`);
  timers.advance(1000);
  expect(allowances.take("a")).toBe(true);
});
