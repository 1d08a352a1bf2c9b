// thread: feed
/** A picture as it is in a file. */
export interface EmbeddedPicture {
  readonly width: number;
  readonly height: number;
  readonly kind: "png" | "jpg";
  readonly bytes: Buffer;
}

const BLOCK =
  /^; thumbnail(_JPG)? begin (\d{1,5})[x ](\d{1,5})(?: (\d+))?[^\n]*\n((?:; ?[A-Za-z0-9+/=]*\r?\n)*); thumbnail(?:_JPG)? end/gm;
const MAX_PICTURES = 16;
const MAX_BYTES = 4 * 1024 * 1024;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPG = Buffer.from([0xff, 0xd8, 0xff]);

/** The pictures in the head of a G-code file. What is damaged, or of a kind that browsers do not show, is left out. */
export function findPictures(head: string): EmbeddedPicture[] {
  const pictures: EmbeddedPicture[] = [];
  for (const block of head.matchAll(BLOCK)) {
    const [, , width = "0", height = "0", , text = ""] = block;
    const bytes = Buffer.from(text.replace(/[;\s]/g, ""), "base64");
    const kind = kindOf(bytes);
    if (kind === undefined || bytes.byteLength > MAX_BYTES) continue;
    pictures.push({ width: Number(width), height: Number(height), kind, bytes });
    if (pictures.length >= MAX_PICTURES) break;
  }
  return pictures;
}

function kindOf(bytes: Buffer): EmbeddedPicture["kind"] | undefined {
  if (bytes.subarray(0, PNG.byteLength).equals(PNG)) return "png";
  return bytes.subarray(0, JPG.byteLength).equals(JPG) ? "jpg" : undefined;
}
