// thread: machine
import { HostError } from "../shared/errors.js";
import { type HostTime, hostTime, type Seconds, seconds } from "../shared/units.js";
import type { Board } from "./board.js";
import type { ResponseFields } from "./board-access.js";
import type { Timers } from "./timers.js";

/** Questions are repeated after so long: answers, unlike questions, can get lost. */
const REPEAT = 0.4;
/** How long an answer is waited for. */
export const ANSWER_TIMEOUT = seconds(5);

/** Values of an answer, the caller's to keep. */
export type Answer = Readonly<Record<string, number | Uint8Array>>;

export interface Question {
  readonly board: Board;
  readonly bytes: Uint8Array;
  readonly response: string;
  readonly oid?: number;
  /** For messages: what asks. */
  readonly feature: string;
  readonly timeout?: Seconds;
  /** Whether the question may be sent again when its answer does not come; default true. */
  readonly mayRepeat?: boolean;
}

/** Sends a command and waits for its answer; asks again when that is lost. Rejects with `MCU_TIMEOUT`. */
export function ask(question: Question, timers: Timers, now: () => HostTime): Promise<Answer> {
  const { board, bytes, response, feature } = question;
  const timeout = question.timeout ?? ANSWER_TIMEOUT;
  const start = now();
  return new Promise((resolve, reject) => {
    let callOff = (): void => {};
    const stop = board.on(response, question.oid, feature, (fields) => {
      callOff();
      stop();
      resolve(copied(board, response, fields));
    });
    const send = (): void => {
      const waited = now() - start;
      if (waited >= timeout) {
        stop();
        reject(timeoutError(board.name, response, waited));
        return;
      }
      if (waited === 0 || question.mayRepeat !== false) board.sendNow(board.device, bytes);
      callOff = timers.at(hostTime(now() + Math.min(REPEAT, timeout - waited)), send);
    };
    send();
  });
}

function copied(board: Board, response: string, fields: ResponseFields): Answer {
  const format = board.dictionary.findResponse(response);
  const answer: Record<string, number | Uint8Array> = {};
  for (const field of format?.fields ?? []) {
    answer[field.name] = field.kind === "bytes" ? fields.bytes(field.name).slice() : fields.number(field.name);
  }
  return answer;
}

/** `MCU_TIMEOUT` for a question that a board did not answer. */
export function timeoutError(mcu: string, command: string, waitedS: number): HostError<"MCU_TIMEOUT"> {
  return new HostError("MCU_TIMEOUT", `the board did not answer '${command}' within ${waitedS.toFixed(1)} s`, {
    details: { mcu, command, waitedS },
    fix: "check the board's cable and power, then run FIRMWARE_RESTART.",
    place: { device: `mcu '${mcu}'` },
  });
}

/** A number of an answer. */
export function numberOf(answer: Answer, field: string): number {
  const value = answer[field];
  return typeof value === "number" ? value : Number.NaN;
}
