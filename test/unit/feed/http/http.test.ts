import { expect, test } from "vitest";
import { queryArguments } from "../../../../host/feed/http/context.js";
import { decodePath } from "../../../../host/feed/http/web.js";
import {
  cpuUsage,
  parseAssignments,
  parseCpuTimes,
  parseMemory,
  parseNetwork,
} from "../../../../host/feed/machine/proc.js";

test("a query string says the types of its values where they matter", () => {
  const query = "limit:int=5&since:float=1.5&on:bool=true&value:json=%7B%22a%22%3A%5B1%5D%7D&name=a%20b&gcode_move";
  expect(queryArguments(query)).toEqual({
    limit: 5,
    since: 1.5,
    on: true,
    value: { a: [1] },
    name: "a b",
    gcode_move: "",
  });
  expect(queryArguments("heater_generic chamber=temperature&x:other=1")).toEqual({
    "heater_generic chamber": "temperature",
    "x:other": "1",
  });
  for (const wrong of ["a:int=x", "a:float=", "a:json={"]) {
    expect(() => queryArguments(wrong)).toThrow(expect.objectContaining({ status: 400 }));
  }
  expect(Object.getPrototypeOf(queryArguments("__proto__=1"))).toBeNull();
});

test("paths are decoded once, and those that lead away are none", () => {
  expect(decodePath("/a%20b/%C3%BC.html")).toBe("/a b/ü.html");
  expect(decodePath("/a//b/./c")).toBe("/a/b/c");
  expect(decodePath("/%252e%252e/x")).toBe("/%2e%2e/x");
  for (const path of ["/../a", "/%2e%2e/a", "/a/..", "/a%00", "/%zz", "/a\\b", "/a%0d%0aSet-Cookie"]) {
    expect(decodePath(path)).toBeUndefined();
  }
});

test("the kernel's tables are read", () => {
  const dev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
  eth0: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0
`;
  expect(parseNetwork(dev)).toEqual({
    eth0: {
      rx_bytes: 1000,
      rx_packets: 10,
      rx_errs: 1,
      rx_drop: 2,
      tx_bytes: 2000,
      tx_packets: 20,
      tx_errs: 3,
      tx_drop: 4,
    },
  });
  const before = parseCpuTimes("cpu  100 0 100 800 0 0 0 0 50 0\ncpu0 50 0 50 400 0 0 0 0 0 0\nintr 5\n");
  const after = parseCpuTimes("cpu  150 0 150 900 0 0 0 0 50 0\ncpu0 50 0 50 400 0 0 0 0 0 0\n");
  expect(cpuUsage(before, after)).toEqual({ cpu: 50, cpu0: 0 });
  expect(parseMemory("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable:   400 kB\n")).toEqual({
    total: 1000,
    available: 400,
    used: 600,
  });
  expect(parseAssignments('NAME="Debian GNU/Linux"\nID=debian\n# x\n')).toEqual({
    NAME: "Debian GNU/Linux",
    ID: "debian",
  });
});
