// thread: any
/** Problems of the status feed, its files and its storage. */
export interface FeedErrors {
  FEED_BIND: { readonly host: string; readonly port: number; readonly reason: string };
  FEED_STORAGE: { readonly path: string; readonly reason: string };
}
