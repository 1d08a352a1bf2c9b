import fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "../../../../host/feed/api-error.js";
import { RawJson } from "../../../../host/feed/json-value.js";
import { Args } from "../../../../host/feed/moonraker/args.js";
import type { Caller } from "../../../../host/feed/moonraker/caller.js";
import { JsonRpc, notification, type Reply } from "../../../../host/feed/moonraker/json-rpc.js";
import { Methods } from "../../../../host/feed/moonraker/methods.js";
import { HostError } from "../../../../host/shared/errors.js";

function setUp(identity: Caller["identity"] = { kind: "trusted", username: undefined }) {
  const faults: string[] = [];
  const methods = new Methods();
  const rpc = new JsonRpc(methods, (method) => faults.push(method));
  methods.add("test", [
    { name: "echo", http: ["GET /echo", "POST /echo"], handler: (args) => args.record },
    { name: "later", handler: async (args) => await Promise.resolve(args.record) },
    { name: "raw", handler: () => new RawJson('{"a":1}') },
    { name: "nothing", handler: () => undefined },
    { name: "open", open: true, handler: () => "ok" },
    {
      name: "fail",
      handler: (args) => {
        throw new ApiError(Number(args.any("status")), "no");
      },
    },
    {
      name: "bug",
      handler: () => {
        throw new TypeError("x is undefined");
      },
    },
    { name: "late.bug", handler: () => Promise.reject(new Error("later")) },
    {
      name: "host.error",
      handler: () => {
        throw new HostError("FEED_SETTING", "bad", { details: { setting: "s", value: "v" }, fix: "change it." });
      },
    },
  ]);
  const caller: Caller = {
    transport: "websocket",
    connection: undefined,
    identity,
    isTrusted: true,
    address: "",
    afterReply: (run) => run(),
  };
  const ask = (text: string, admit = true): Promise<Reply> =>
    new Promise((resolve) => rpc.handle(text, caller, resolve, () => admit));
  const call = async (method: string, params?: unknown, id: unknown = 1): Promise<unknown> => {
    const reply = await ask(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
    return reply === undefined ? undefined : (JSON.parse(reply) as unknown);
  };
  return { ask, call, faults, methods, rpc };
}

test("a request is answered with its id, in the form of the protocol", async () => {
  const { ask, call } = setUp();
  expect(await ask('{"jsonrpc":"2.0","method":"echo","params":{"a":[1]},"id":"x"}')).toBe(
    '{"jsonrpc":"2.0","result":{"a":[1]},"id":"x"}',
  );
  expect(await call("later", { b: 2 })).toEqual({ jsonrpc: "2.0", result: { b: 2 }, id: 1 });
  expect(await call("raw")).toMatchObject({ result: { a: 1 } });
  expect(await call("nothing")).toMatchObject({ result: null });
  expect(await ask('{"jsonrpc":"2.0","method":"echo"}')).toBeUndefined();
  expect(await ask('{"jsonrpc":"2.0","method":"later"}')).toBeUndefined();
  expect(await ask('{"jsonrpc":"2.0","result":1,"id":5}')).toContain("-32600");
});

test("errors have the code that clients expect, and only faults of ours are noted", async () => {
  const { call, faults } = setUp();
  const code = async (method: string, params?: unknown): Promise<unknown> => {
    const { error } = (await call(method, params)) as { error: { code: number } };
    return error.code;
  };
  expect(await code("none")).toBe(-32601);
  expect(await code("fail", { status: 404 })).toBe(-32601);
  expect(await code("fail", { status: 401 })).toBe(-32602);
  expect(await code("fail", { status: 503 })).toBe(503);
  expect(await code("fail")).toBe(400);
  expect(await code("echo", [1])).toBe(-32602);
  expect(faults).toEqual([]);
  expect(await call("bug")).toMatchObject({ error: { code: 500, message: "x is undefined" } });
  expect(await code("late.bug")).toBe(500);
  expect(await call("host.error")).toMatchObject({
    error: { code: 500, message: "bad (FEED_SETTING)\n  To fix: change it." },
  });
  expect(faults).toEqual(["bug", "late.bug", "host.error"]);
});

test("who is not known gets answers only from open methods", async () => {
  const { call } = setUp();
  const stranger = setUp(undefined);
  const denied = { transport: "http", identity: undefined } as const;
  expect(await call("open")).toMatchObject({ result: "ok" });
  const { methods } = stranger;
  const caller: Caller = {
    ...denied,
    connection: undefined,
    isTrusted: false,
    address: "",
    afterReply: () => undefined,
  };
  expect(() => methods.call("echo", {}, caller)).toThrow("Unauthorized");
  expect(methods.call("open", {}, caller)).toBe("ok");
});

test("a batch is answered in its order, and counts with all its requests", async () => {
  const { ask } = setUp();
  const one = (method: string, id: number) => ({ jsonrpc: "2.0", method, id, params: { id } });
  const reply = await ask(JSON.stringify([one("later", 1), one("echo", 2), one("none", 3), one("later", 4)]));
  expect((JSON.parse(reply ?? "") as { id: number }[]).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  expect(await ask('[{"jsonrpc":"2.0","method":"echo"}]')).toBeUndefined();
  expect(await ask("[]")).toContain("-32600");
  expect(await ask(JSON.stringify(Array.from({ length: 1001 }, () => 1)))).toContain("-32600");
  expect(await ask('{"jsonrpc":"2.0","method":"echo","id":7}', false)).toBe(
    '{"jsonrpc":"2.0","error":{"code":429,"message":"too many requests: slow down"},"id":7}',
  );
});

test("whatever comes in, the reply is JSON or nothing, and no fault", async () => {
  const { ask, faults } = setUp();
  const request = fc.record(
    {
      jsonrpc: fc.constantFrom("2.0", "1", 2),
      method: fc.constantFrom("echo", "later", "none", "__proto__"),
      params: fc.jsonValue(),
      id: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    request.map((r) => JSON.stringify(r)),
    fc.array(request).map((r) => JSON.stringify(r)),
  );
  await fc.assert(
    fc.asyncProperty(text, async (frame) => {
      const reply = await ask(frame);
      if (reply !== undefined) expect(JSON.parse(reply)).toBeTypeOf("object");
    }),
    { numRuns: 500 },
  );
  expect(faults).toEqual([]);
});

test("a notification without payload has no params at all", () => {
  expect(notification("notify_klippy_ready")).toBe('{"jsonrpc":"2.0","method":"notify_klippy_ready"}');
  expect(notification("n", [1])).toBe('{"jsonrpc":"2.0","method":"n","params":[[1]]}');
});

test("routes find methods, and other verbs are told apart from other paths", () => {
  const { methods } = setUp();
  expect(methods.route("GET", "/echo")).toBe("echo");
  expect(methods.route("DELETE", "/echo")).toBeUndefined();
  expect([methods.hasPath("/echo"), methods.hasPath("/none")]).toEqual([true, false]);
});

test("arguments are converted from text, and refused with words", () => {
  const args = new Args({ n: "5", f: "0.5", yes: "True", no: 0, list: "a, b,,c", many: ["x"], empty: "", nil: null });
  expect([args.optionalNumber("f"), args.optionalCount("n"), args.optionalNumber("empty")]).toEqual([
    0.5,
    5,
    undefined,
  ]);
  expect([args.flag("yes"), args.flag("no"), args.flag("none", true)]).toEqual([true, false, true]);
  expect([args.strings("list"), args.strings("many"), args.string("n")]).toEqual([["a", "b", "c"], ["x"], "5"]);
  expect([args.any("nil"), args.optional("nil"), args.has("nil")]).toEqual([null, undefined, true]);
  const refusals: [() => unknown, string][] = [
    [() => args.string("none"), "Missing Argument [none]"],
    [() => args.string("many"), "Argument [many] must be a text"],
    [() => args.optionalNumber("list"), "Argument [list] must be a number"],
    [() => args.optionalCount("f"), "Argument [f] must be a whole number from 0"],
    [() => args.flag("list"), "Argument [list] must be true or false"],
    [() => args.strings("no"), "Argument [no] must be a list of texts"],
    [() => args.object("many"), "Argument [many] must be an object"],
    [() => args.any("constructor"), "Missing Argument [constructor]"],
  ];
  for (const [act, message] of refusals) expect(act).toThrow(expect.objectContaining({ status: 400, message }));
});
