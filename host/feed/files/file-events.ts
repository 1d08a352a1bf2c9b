// thread: feed
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { HostLink } from "../host-link.js";
import type { Sessions } from "../moonraker/sessions.js";
import type { Place, Root } from "./roots.js";

export type FileAction =
  | "create_file"
  | "modify_file"
  | "delete_file"
  | "move_file"
  | "create_dir"
  | "move_dir"
  | "delete_dir";

/** A file or folder in a reply or a notification; of one that is gone, without size and permissions. */
export interface FileItem {
  readonly path: string;
  readonly root: string;
  readonly modified: number;
  readonly size: number;
  readonly permissions: string;
}

/** What has happened to a file or folder. */
export interface FileChange {
  readonly action: FileAction;
  readonly item: FileItem;
  readonly source_item?: { readonly path: string; readonly root: string };
}

/** The item for something that exists. */
export async function itemOf(root: Root, path: string): Promise<FileItem> {
  const { size, mtimeMs } = await stat(join(root.folder, path));
  return { path, root: root.name, modified: mtimeMs / 1000, size, permissions: root.permissions };
}

/** The item for something that is gone. */
export const goneItem = (root: Root, path: string): FileItem => ({
  path,
  root: root.name,
  modified: 0,
  size: 0,
  permissions: "",
});

/** A change from one place to another, or at one place. */
export function changeOf(action: FileAction, item: FileItem, source?: Place): FileChange {
  if (source === undefined) return { action, item };
  return { action, item, source_item: { path: source.path, root: source.root.name } };
}

/** Tells clients and host what has changed. */
export class FileEvents {
  readonly #sessions: Sessions;
  readonly #link: HostLink;

  constructor(sessions: Sessions, link: HostLink) {
    this.#sessions = sessions;
    this.#link = link;
  }

  tell(change: FileChange): void {
    this.#sessions.broadcast("notify_filelist_changed", change);
    this.#link.post({ type: "file", action: change.action, root: change.item.root, path: change.item.path });
  }
}
