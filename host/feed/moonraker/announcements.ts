// thread: feed
import { ApiError } from "../api-error.js";
import type { Methods } from "./methods.js";

/** News are fetched from nowhere: there are none, and nothing leaves this computer to look for them. */
export function registerAnnouncements(methods: Methods): void {
  const none = () => ({ entries: [], feeds: [], modified: false });
  methods.add("announcements", [
    { name: "server.announcements.list", http: ["GET /server/announcements/list"], handler: none },
    { name: "server.announcements.update", http: ["POST /server/announcements/update"], handler: none },
    {
      name: "server.announcements.dismiss",
      http: ["POST /server/announcements/dismiss"],
      handler: (args) => {
        throw new ApiError(404, `no announcement '${args.string("entry_id")}'`);
      },
    },
    { name: "server.announcements.feeds", http: ["GET /server/announcements/feeds"], handler: () => ({ feeds: [] }) },
  ]);
}
