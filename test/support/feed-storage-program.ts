// A program that changes the feed's database as fast as it can, and says of each change when it was acknowledged.
import { isRecord } from "../../host/feed/json-value.js";
import { Args } from "../../host/feed/moonraker/args.js";
import { ClientDatabase } from "../../host/feed/moonraker/database-methods.js";
import { Methods } from "../../host/feed/moonraker/methods.js";
import { Storage } from "../../host/feed/storage.js";

const folder = process.argv[2] ?? "";
const first = Number(process.argv[3] ?? 0);
const storage = await Storage.open(folder);
const methods = new Methods();
new ClientDatabase(storage, () => []).register(methods);
const caller = {
  transport: "http",
  connection: undefined,
  identity: { kind: "trusted", username: undefined },
  isTrusted: true,
  address: "",
  afterReply: () => undefined,
} as const;

const history = storage.table("history", (value) => (isRecord(value) ? value : undefined));
const sums = storage.table("sums", (value) => (isRecord(value) ? value : undefined));

/** A setting, and a job with the sums that belong to it. */
async function change(number: number): Promise<void> {
  const { record } = new Args({ namespace: "mainsail", key: `a.k${number}`, value: { number } });
  await methods.call("server.database.post_item", record, caller);
  await storage.together(() => [history.put(number, { number }), sums.put("all", { count: number })]);
  process.stdout.write(`${number}\n`);
}

for (let number = first; ; number += 4) {
  await Promise.all([change(number), change(number + 1), change(number + 2), change(number + 3)]);
}
