// thread: any
import { type HostTime, hostTime, type Seconds, seconds, type Unit } from "../shared/units.js";
import { BlockTimes } from "./block-times.js";
import {
  BLOCK_HEADER,
  BLOCK_MAX,
  BLOCK_MIN,
  BlockDecoder,
  type BlockSink,
  PAYLOAD_MAX,
  SEQUENCE_MODULUS,
  SYNC,
  sealBlock,
} from "./frame.js";
import { RoundTrip } from "./round-trip.js";

/** Names one block that was sent: what the caller keeps to ask later when it left and when it was received. */
export type Ticket = Unit<"ticket">;

/** Most blocks that may wait for their acknowledgement: fewer than sequence numbers, so that none is ambiguous. */
const MAX_PENDING = 12;
const SEQUENCE_MASK = SEQUENCE_MODULUS - 1;
/** Smallest room worth a block of its own while others are still on their way: avoids a stream of tiny blocks. */
const WORTHWHILE_ROOM = 32;
/** Longest time between two questions for the sequence number: a board that starts is then found soon. */
const MAX_PROBE_INTERVAL = 0.25;
/** Receive buffer of boards on a UART or CAN bus whose dictionary does not state `RECEIVE_WINDOW`. */
export const DEFAULT_RECEIVE_WINDOW = 192;

const NEVER = Number.POSITIVE_INFINITY;

/** Where a link gets what it sends, asked at the last moment. */
export interface PayloadSource {
  /**
   * Writes whole commands at `into[at]`, at most `room` bytes, and returns how many bytes; 0 when nothing is to be sent
   * at `now`. `ticket` names the block that they travel in.
   */
  fill(into: Uint8Array, at: number, room: number, now: HostTime, ticket: Ticket): number;
}

export interface McuLinkOptions {
  readonly source: PayloadSource;
  /** Sends bytes to the board; they are borrowed for the call. */
  readonly write: (bytes: Uint8Array) => void;
  /**
   * Takes one payload from the board, borrowed for the call. `sent` is when the last block that the board had received
   * left, NaN when that block was repeated; for an answer that is the block of its question.
   */
  readonly onPayload: (payload: Uint8Array, sent: HostTime, received: HostTime) => void;
  /** Told of each block that the board acknowledges. */
  readonly onReceived?: (ticket: Ticket, sent: HostTime, acknowledged: HostTime) => void;
  /** Bytes that the board can hold unread (`RECEIVE_WINDOW`); infinity for boards on USB. */
  readonly receiveWindow?: number;
  /** What the wire carries; infinity when it does not limit (USB, sockets). */
  readonly bytesPerSecond?: number;
}

/** Counters under their public names. */
export interface LinkStats {
  readonly bytes_write: number;
  readonly bytes_read: number;
  readonly bytes_retransmit: number;
  readonly bytes_invalid: number;
  readonly send_seq: number;
  readonly receive_seq: number;
  readonly retransmit_seq: number;
  readonly srtt: Seconds;
  readonly rttvar: Seconds;
  readonly rto: Seconds;
}

/**
 * One end of the serial protocol: sends blocks in order, keeps them until the board has acknowledged them, repeats what
 * was lost, and hands up what the board says. It has no timer and no port: `pump` says when it wants to be called again.
 *
 *   source ─► fill ─► [pending blocks, at most 12 and at most the board's buffer] ─► write
 *   receive ─► blocks ─► acknowledgement: forget pending │ repeated: resend │ payload: onPayload
 *
 * A link begins by asking with empty blocks which sequence number the board expects, so that it can join a board that
 * is already running, and nothing is sent twice or lost by it.
 */
export class McuLink implements BlockSink {
  readonly #source: PayloadSource;
  readonly #write: McuLinkOptions["write"];
  readonly #onPayload: McuLinkOptions["onPayload"];
  readonly #onReceived: McuLinkOptions["onReceived"];
  readonly #decoder = new BlockDecoder(this);
  readonly #roundTrip = new RoundTrip();
  readonly #times = new BlockTimes();
  /** Pending blocks and their sizes, by sequence number modulo 16. */
  readonly #blocks = new Uint8Array(SEQUENCE_MODULUS * BLOCK_MAX);
  readonly #sizes = new Uint8Array(SEQUENCE_MODULUS);
  readonly #outgoing = new Uint8Array(1 + MAX_PENDING * BLOCK_MAX);
  readonly #bytesPerSecond: number;

  #receiveWindow: number;
  #now = 0;
  /** When the last byte written so far has left, as far as the wire's speed tells. */
  #wireFree = 0;

  #isOpen = false;
  /** Number of the last question, when the board had told it before: its answer must confirm it. -1 otherwise. */
  #asked = -1;
  /** Questions since the last answer, and when the last one left. */
  #questions = 0;
  #askedAt = 0;
  /** The board has told a number. */
  #isTold = false;
  /** Sequence number of the next new block. */
  #next = 0;
  /** Oldest block without acknowledgement; equals `#next` when all have one. */
  #oldest = 0;
  #inFlight = 0;
  /**
   * Number that the last empty block told. An answer tells the new number first, in a block of its own: the empty block
   * behind it is the first one with that number, and no repetition.
   */
  #emptyAt = -1;
  /** When to repeat, or to ask again. */
  #deadline = 0;
  #lastReceived = Number.NEGATIVE_INFINITY;

  /** Sequence number behind the last block that was ever repeated. */
  #repeatedTo = -1;
  #repeatedAt = 0;
  #isRepeatedTwice = false;

  #bytesWritten = 0;
  #bytesRead = 0;
  #bytesRepeated = 0;
  #bytesInvalid = 0;

  constructor(options: McuLinkOptions) {
    this.#source = options.source;
    this.#write = options.write;
    this.#onPayload = options.onPayload;
    this.#onReceived = options.onReceived;
    this.#receiveWindow = Math.max(BLOCK_MAX, options.receiveWindow ?? Number.POSITIVE_INFINITY);
    this.#bytesPerSecond = options.bytesPerSecond ?? Number.POSITIVE_INFINITY;
  }

  /** Whether both sides agree on the sequence number: commands flow only then. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes sent of which the board has not said that it has them. */
  get bytesInFlight(): number {
    return this.#inFlight;
  }

  /** Blocks sent of which the board has not said that it has them. */
  get pendingBlocks(): number {
    return this.#next - this.#oldest;
  }

  /** When a correct block last came from the board; minus infinity when none has. */
  get lastReceived(): HostTime {
    return hostTime(this.#lastReceived);
  }

  /** For how long the oldest unacknowledged block has been on its way; 0 when there is none. */
  waiting(now: HostTime): Seconds {
    return seconds(this.#oldest === this.#next ? 0 : Math.max(0, now - this.#times.firstSent(this.#oldest)));
  }

  /** Bytes that the board can hold unread, once its dictionary is known. */
  set receiveWindow(bytes: number) {
    this.#receiveWindow = Math.max(BLOCK_MAX, bytes);
  }

  get receiveWindow(): number {
    return this.#receiveWindow;
  }

  /** When a block last left; NaN when it has not, or is more than 64 blocks past. */
  sentAt(ticket: Ticket): HostTime {
    return hostTime(this.#times.sent(ticket));
  }

  /** When the board acknowledged a block; NaN when it has not, or is more than 64 blocks past. */
  acknowledgedAt(ticket: Ticket): HostTime {
    return hostTime(this.#times.acknowledged(ticket));
  }

  /** Whether the board has said that it has a block. */
  isReceived(ticket: Ticket): boolean {
    return ticket < this.#oldest;
  }

  get stats(): LinkStats {
    const { srtt, rttvar, rto } = this.#roundTrip;
    return {
      bytes_write: this.#bytesWritten,
      bytes_read: this.#bytesRead,
      bytes_retransmit: this.#bytesRepeated,
      bytes_invalid: this.#bytesInvalid,
      send_seq: this.#next,
      receive_seq: this.#oldest,
      retransmit_seq: Math.max(0, this.#repeatedTo),
      srtt,
      rttvar,
      rto,
    };
  }

  /** Takes bytes that came from the board at `time`; call `pump` afterwards, as acknowledgements make room. */
  receive(bytes: Uint8Array, time: HostTime): void {
    this.#now = time;
    this.#bytesRead += bytes.length;
    this.#decoder.push(bytes);
  }

  /**
   * Sends what is due: repeats what was lost, then new blocks as far as the windows allow. Returns when it wants to be
   * called at the latest if nothing arrives before; infinity when only new commands or bytes matter.
   */
  pump(now: HostTime): HostTime {
    this.#now = now;
    if (!this.#isOpen) {
      if (now >= this.#deadline) this.#probe();
      return hostTime(this.#deadline);
    }
    if (now >= this.#deadline) {
      this.#roundTrip.backOff();
      this.#isRepeatedTwice = false;
      this.#repeat();
    }
    while (this.#next - this.#oldest < MAX_PENDING) {
      const free = this.#receiveWindow - this.#inFlight - BLOCK_MIN;
      if (free < WORTHWHILE_ROOM) break;
      const base = (this.#next & SEQUENCE_MASK) * BLOCK_MAX;
      const room = Math.min(PAYLOAD_MAX, free);
      const length = this.#source.fill(this.#blocks, base + BLOCK_HEADER, room, now, ticketOf(this.#next));
      if (length <= 0) break;
      this.#sendNew(base, length);
    }
    return hostTime(this.#deadline);
  }

  /** From the decoder: bytes that are no block. */
  onSkipped(count: number): void {
    this.#bytesInvalid += count;
  }

  /** From the decoder: a block of the board's. */
  onBlock(sequence: number, bytes: Uint8Array, start: number, end: number): void {
    this.#lastReceived = this.#now;
    const isAcknowledgement = start === end;
    let sent = Number.NaN;
    if (!this.#isOpen) {
      if (isAcknowledgement) this.#onProbeAnswer(sequence);
    } else {
      const advance = (sequence - this.#oldest) & SEQUENCE_MASK;
      if (advance > this.#next - this.#oldest) {
        this.#bytesInvalid += end - start + BLOCK_MIN;
      } else {
        if (advance > 0) this.#onAcknowledged(this.#oldest + advance);
        else if (isAcknowledgement && this.#emptyAt === this.#oldest) this.#onRepeatedAcknowledgement();
        if (isAcknowledgement) this.#emptyAt = this.#oldest;
        sent = this.#times.onlySent(this.#oldest - 1);
      }
    }
    if (!isAcknowledgement) this.#onPayload(bytes.subarray(start, end), hostTime(sent), hostTime(this.#now));
  }

  /** Sends an empty block, which any board answers with the sequence number that it expects. */
  #probe(): void {
    this.#outgoing[0] = SYNC;
    this.#send(this.#outgoing.subarray(0, 1 + sealBlock(this.#outgoing, 1, 0, this.#next)));
    this.#asked = this.#isTold ? this.#next : -1;
    this.#askedAt = this.#wireFree;
    if (this.#questions++ > 0) this.#roundTrip.backOff();
    this.#deadline = this.#wireFree + Math.min(MAX_PROBE_INTERVAL, this.#roundTrip.rto);
  }

  /**
   * What the board says that it expects is right unless it is a left-over of an earlier session: so it is believed only
   * when the answer to a block of that number is the number behind it.
   */
  #onProbeAnswer(sequence: number): void {
    this.#isOpen = this.#asked >= 0 && sequence === ((this.#asked + 1) & SEQUENCE_MASK);
    this.#asked = -1;
    this.#isTold = true;
    if (this.#questions === 1) this.#roundTrip.sample(this.#now - this.#askedAt);
    this.#questions = 0;
    this.#next = sequence;
    this.#oldest = sequence;
    this.#emptyAt = sequence;
    this.#deadline = this.#isOpen ? NEVER : this.#now;
  }

  #sendNew(base: number, length: number): void {
    const sequence = this.#next++;
    const size = sealBlock(this.#blocks, base, length, sequence);
    this.#sizes[sequence & SEQUENCE_MASK] = size;
    this.#inFlight += size;
    this.#send(this.#blocks.subarray(base, base + size));
    this.#times.send(sequence, this.#wireFree);
    if (this.#oldest === sequence) this.#deadline = this.#wireFree + this.#roundTrip.rto;
  }

  /** Sends all pending blocks again, behind a sync byte that ends whatever the board is in the middle of. */
  #repeat(): void {
    this.#outgoing[0] = SYNC;
    let length = 1;
    for (let i = this.#oldest; i < this.#next; i++) {
      const base = (i & SEQUENCE_MASK) * BLOCK_MAX;
      const size = this.#sizes[i & SEQUENCE_MASK] ?? 0;
      this.#outgoing.set(this.#blocks.subarray(base, base + size), length);
      length += size;
    }
    this.#send(this.#outgoing.subarray(0, length));
    for (let i = this.#oldest; i < this.#next; i++) this.#times.repeat(i, this.#wireFree);
    this.#bytesRepeated += length;
    this.#repeatedTo = this.#next;
    this.#repeatedAt = this.#now;
    this.#deadline = this.#wireFree + this.#roundTrip.rto;
  }

  #send(bytes: Uint8Array): void {
    this.#wireFree = Math.max(this.#wireFree, this.#now) + bytes.length / this.#bytesPerSecond;
    this.#bytesWritten += bytes.length;
    this.#write(bytes);
  }

  #onAcknowledged(upTo: number): void {
    const sent = this.#times.onlySent(upTo - 1);
    if (Number.isNaN(sent)) this.#roundTrip.progress();
    else this.#roundTrip.sample(this.#now - sent);
    const from = this.#oldest;
    this.#oldest = upTo;
    for (let i = from; i < upTo; i++) {
      this.#inFlight -= this.#sizes[i & SEQUENCE_MASK] ?? 0;
      this.#times.acknowledge(i, this.#now);
    }
    const isAll = upTo === this.#next;
    this.#deadline = isAll ? NEVER : Math.max(this.#now, this.#times.sent(upTo)) + this.#roundTrip.rto;
    if (this.#onReceived === undefined) return;
    for (let i = from; i < upTo; i++) {
      this.#onReceived(ticketOf(i), hostTime(this.#times.sent(i)), hostTime(this.#now));
    }
  }

  /**
   * The board still expects what it expected before: it could not use what came. That is a loss, unless it can be an
   * echo of an earlier repetition: the board refuses the surplus blocks of one in the same way, within a round trip.
   */
  #onRepeatedAcknowledgement(): void {
    if (this.#oldest === this.#next) return;
    if (this.#oldest > this.#repeatedTo) {
      this.#isRepeatedTwice = false;
    } else {
      const { srtt, rttvar } = this.#roundTrip;
      if (this.#isRepeatedTwice || this.#now - this.#repeatedAt < srtt + 4 * rttvar) return;
      this.#isRepeatedTwice = true;
    }
    this.#repeat();
  }
}

const ticketOf = (sequence: number): Ticket => sequence as Ticket;
