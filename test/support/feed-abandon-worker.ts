// A feed that asks for two things and gives one of them up before the host has looked.
import { workerData } from "node:worker_threads";
import type { FeedWorkerData } from "../../host/feed/worker.js";

const { port, setup } = workerData as FeedWorkerData;
port.postMessage({ type: "listening", address: { url: "http://none/", port: 1, adapter: "node" } });
port.postMessage({ type: "request", id: 1, method: "gcode.script", params: { script: "given up" } });
port.postMessage({ type: "request", id: 2, method: "gcode.script", params: { script: "wanted" } });
port.postMessage({ type: "abandon", ids: [1] });
port.on("message", (message: { type: string }) => {
  if (message.type === "stop") process.exit(0);
});
// All is posted: the host may go on.
const word = new Int32Array(setup.control);
Atomics.store(word, 0, 1);
Atomics.notify(word, 0);
