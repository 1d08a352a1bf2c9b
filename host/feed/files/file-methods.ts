// thread: feed
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ApiError } from "../api-error.js";
import type { JsonRecord } from "../json-value.js";
import type { Args } from "../moonraker/args.js";
import type { Methods } from "../moonraker/methods.js";
import { archiveName, packFiles } from "./archive.js";
import { itemOf } from "./file-events.js";
import type { FileManager } from "./file-manager.js";
import { directoryReply, listReply } from "./listing.js";
import type { Metadata } from "./metadata/metadata.js";
import { isGcode, type MetadataStore } from "./metadata/metadata-store.js";

const GCODES = "gcodes";

/** What clients ask about files and folders, and do to them. */
export function registerFileMethods(methods: Methods, files: FileManager, metadata: MetadataStore): void {
  methods.add("file_manager", [
    {
      name: "server.files.list",
      http: ["GET /server/files/list"],
      handler: (args) => listReply(files.roots.get(args.optionalString("root") ?? GCODES)),
    },
    {
      name: "server.files.roots",
      http: ["GET /server/files/roots"],
      handler: () => files.roots.all.map(({ name, folder, permissions }) => ({ name, path: folder, permissions })),
    },
    {
      name: "server.files.get_directory",
      http: ["GET /server/files/directory"],
      handler: async (args) => {
        const place = await files.roots.locate(args.optionalString("path") ?? GCODES);
        const isExtended = args.flag("extended") && place.root.name === GCODES;
        return await directoryReply(place, isExtended ? metadata : undefined);
      },
    },
    {
      name: "server.files.post_directory",
      http: ["POST /server/files/directory"],
      handler: (args) => files.createFolder(args.string("path")),
    },
    {
      name: "server.files.delete_directory",
      http: ["DELETE /server/files/directory"],
      handler: (args) => files.deleteFolder(args.string("path"), args.flag("force")),
    },
    {
      name: "server.files.delete_file",
      handler: (args) => files.deleteFile(args.string("path")),
    },
    {
      name: "server.files.move",
      http: ["POST /server/files/move"],
      handler: (args) => files.move(args.string("source"), args.string("dest")),
    },
    {
      name: "server.files.copy",
      http: ["POST /server/files/copy"],
      handler: (args) => files.copy(args.string("source"), args.string("dest")),
    },
    { name: "server.files.zip", http: ["POST /server/files/zip"], handler: (args) => zip(files, args) },
    {
      name: "server.files.metadata",
      http: ["GET /server/files/metadata"],
      handler: (args) => metadataReply(files, metadata, args, false),
    },
    {
      name: "server.files.metascan",
      http: ["POST /server/files/metascan"],
      handler: (args) => metadataReply(files, metadata, args, true),
    },
    {
      name: "server.files.thumbnails",
      http: ["GET /server/files/thumbnails"],
      handler: async (args) => {
        const { filename, ...known } = await metadataReply(files, metadata, args, false);
        const folder = dirname(filename);
        return known.thumbnails.map(({ width, height, size, relative_path: path }) => ({
          width,
          height,
          size,
          thumbnail_path: folder === "." ? path : `${folder}/${path}`,
        }));
      },
    },
  ]);
}

async function zip(files: FileManager, args: Args): Promise<JsonRecord> {
  const items = args.strings("items");
  const target = await files.roots.locate(args.optionalString("dest") ?? archiveName(new Date()));
  files.roots.requireWritable(target);
  files.requireFree(target);
  await packFiles(files.roots, items, target, args.flag("store_only"));
  await files.announce(target);
  return { destination: await itemOf(target.root, target.path), action: "zip_files" };
}

/** What is known of a file; it is read when nothing is known yet, or when that is asked for. */
async function metadataReply(
  files: FileManager,
  metadata: MetadataStore,
  args: Args,
  again: boolean,
): Promise<Metadata & { filename: string }> {
  const filename = args.string("filename").replace(/^\/+/, "");
  const unknown = new ApiError(404, `Metadata not available for <${filename}>`);
  let size: number;
  let modified: number;
  try {
    const { absolute } = await files.roots.below(files.roots.get(GCODES), filename);
    const stats = await stat(absolute);
    if (!stats.isFile() || !isGcode(filename)) throw unknown;
    size = stats.size;
    modified = stats.mtimeMs / 1000;
  } catch {
    throw unknown;
  }
  const isCurrent = metadata.isCurrent(filename, size, modified);
  const known = again || !isCurrent ? await metadata.scan(filename) : metadata.get(filename);
  if (known === undefined) throw unknown;
  return { ...known, filename };
}
