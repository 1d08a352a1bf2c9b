// thread: feed
import type { CoreParts } from "./core-parts.js";
import { FileEvents } from "./files/file-events.js";
import { FileManager } from "./files/file-manager.js";
import { registerFileMethods } from "./files/file-methods.js";
import { FileRoute, type PrintOutcome, UploadRoute } from "./files/file-routes.js";
import { FolderNews } from "./files/folder-news.js";
import { MetadataStore } from "./files/metadata/metadata-store.js";
import { Roots } from "./files/roots.js";
import { History } from "./jobs/history.js";
import { JobQueue } from "./jobs/job-queue.js";

/** The parts that deal with files and with prints of them. */
export interface FilesParts {
  readonly roots: Roots;
  readonly metadata: MetadataStore;
  readonly news: FolderNews;
  readonly uploads: UploadRoute;
  readonly downloads: FileRoute;
  readonly history: History;
  readonly queue: JobQueue;
}

const NOT_PRINTED: PrintOutcome = { print_started: false, print_queued: false };

/** Makes them. Throws `FEED_FOLDER`. */
export function makeFiles(core: CoreParts): FilesParts {
  const { setup, methods, sessions, timers, storage, objects, link, starter, fault } = core;
  const { paths, limits } = setup;
  const roots = new Roots([
    { name: "config", folder: paths.config, permissions: "rw" },
    { name: "logs", folder: paths.logs, permissions: "r" },
    { name: "gcodes", folder: paths.gcodes, permissions: "rw" },
  ]);
  const metadata = new MetadataStore(storage, roots.get("gcodes"));
  const events = new FileEvents(sessions, link);
  const news = new FolderNews({ roots, metadata, events, sessions, timers });
  const files = new FileManager({ roots, metadata, events, known: news, inPrint: () => starter.inPrint() });
  const queue: JobQueue = new JobQueue({
    setup: setup.jobQueue,
    storage,
    roots,
    sessions,
    timers,
    canPrint: () => starter.canPrint,
    startPrint: (filename) => starter.start(filename),
    runGcode: async (script) => {
      await link.request("gcode.script", { script });
    },
    failed: (error) => core.log("warn", "a job of the queue could not be started", { error: String(error) }),
  });
  const history = new History({
    storage,
    objects,
    metadata,
    sessions,
    timers,
    userOf: (filename) => starter.takeUser(filename),
    ended: (status) => queue.jobEnded(status),
    failed: (error) => fault("history", error),
  });
  const print = async (path: string, username: string | undefined): Promise<PrintOutcome> => {
    if (!starter.canPrint) {
      if (!setup.jobQueue.queueUploads) return NOT_PRINTED;
      await queue.add([path]);
      return { print_started: false, print_queued: true };
    }
    try {
      await starter.start(path, username);
      return { print_started: true, print_queued: false };
    } catch (error) {
      // The file is there; why it is not printed shows in the console.
      core.log("info", "an uploaded file could not be printed", { path, error: String(error) });
      return NOT_PRINTED;
    }
  };
  const uploads = new UploadRoute({ upload: { files, maxBytes: limits.uploadBytes }, print });
  const downloads = new FileRoute(files, paths.logFile);
  registerFileMethods(methods, files, metadata);
  history.register(methods);
  queue.register(methods);
  return { roots, metadata, news, uploads, downloads, history, queue };
}
