// thread: any

/** One line of a text, as offsets: `start` to `end` without its line end, `next` where the following line starts. */
export interface TextLine {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** The lines of `text` in order; a line ends with LF, CRLF or a lone CR. Text after the last line end is a line. */
export function* linesOf(text: string): Generator<TextLine> {
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== LINE_FEED && code !== CARRIAGE_RETURN) continue;
    const next = code === CARRIAGE_RETURN && text.charCodeAt(at + 1) === LINE_FEED ? at + 2 : at + 1;
    yield { start, end: at, next };
    start = next;
    at = next - 1;
  }
  if (start < text.length) yield { start, end: text.length, next: text.length };
}

/** The line end that new lines of `text` should have: that of its first line, LF when it has none. */
export function lineEndOf(text: string): "\n" | "\r\n" {
  const feed = text.indexOf("\n");
  return feed > 0 && text.charCodeAt(feed - 1) === CARRIAGE_RETURN ? "\r\n" : "\n";
}

/** Text of a file, or the line on which it stops being UTF-8. A byte order mark is kept as the first character. */
export type Decoded = { readonly text: string } | { readonly badLine: number };

/** Decodes UTF-8 without ever replacing a byte, so that encoding the text gives the same bytes again. */
export function decodeText(bytes: Uint8Array): Decoded {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    return { badLine: firstBadLine(bytes) };
  }
}

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const next = feed < 0 ? bytes.length : feed + 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, next));
    } catch {
      return line;
    }
    line++;
    start = next;
  }
  return line;
}
