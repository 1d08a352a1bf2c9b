// thread: any
/** Problems of the status feed, its files and its storage. */
export interface FeedErrors {
  /** The feed's thread ended before it could serve anybody. */
  FEED_START: { readonly reason: string };
  FEED_BIND: { readonly host: string; readonly port: number; readonly reason: string };
  FEED_STORAGE: { readonly path: string; readonly reason: string };
  /** The certificate or its key cannot be used. */
  FEED_TLS: { readonly path: string; readonly reason: string };
  /** A folder that the feed serves cannot be used. */
  FEED_FOLDER: { readonly path: string; readonly reason: string };
  /** A range of trusted addresses or another setting of the feed is not valid. */
  FEED_SETTING: { readonly setting: string; readonly value: string };
}
