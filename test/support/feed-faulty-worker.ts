// The feed's thread with a fault that a test can set off from outside, as an error that nobody handles would be.
import "../../host/feed/worker.js";
import { BroadcastChannel } from "node:worker_threads";

const channel = new BroadcastChannel("feed-fault");
channel.onmessage = () => {
  setImmediate(() => {
    throw new Error("a fault that nobody handles");
  });
};
channel.unref();
