// A program that starts a feed and exits without stopping it, in the way that its first argument says.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FeedClient } from "../../host/feed/client.js";
import { FakeHost } from "./feed-host.js";
import { testSetup } from "./feed-world.js";

const host = new FakeHost();
const setup = testSetup(mkdtempSync(join(tmpdir(), "steadyhand-exit-")), host);
const client = new FeedClient(setup, {
  request: () => Promise.resolve("ok"),
  log: () => undefined,
});
await client.start();
process.stdout.write("started\n");
if (process.argv[2] === "throw") throw new Error("the host failed");
else process.exit(7);
