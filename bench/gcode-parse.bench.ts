// Lines of G-code per second, on one core: parsed alone, and dispatched to a handler that does nothing.
// After a build: node build/js/bench/gcode-parse.bench.js [FILE.gcode[.gz]]
import { CommandTable } from "../host/gcode/command-table.js";
import { Gcode } from "../host/gcode/gcode.js";
import { openJobFile } from "../host/gcode/job-file.js";
import { JobReader } from "../host/gcode/job-reader.js";
import { MoveWords } from "../host/gcode/move-words.js";
import { CONSOLE, jobOrigin } from "../host/gcode/origin.js";
import { GcodeOutput } from "../host/gcode/output.js";
import { parseMove } from "../host/gcode/parse-move.js";

const CHUNK_BYTES = 256 * 1024;
const ROUNDS = 7;
const GENERATED_LINES = 200_000;

/** Lines as a slicer writes them, always the same ones. */
function generatedJob(): Uint8Array {
  const lines: string[] = [];
  let seed = 1;
  const random = (range: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % range;
  };
  for (let i = 0; i < GENERATED_LINES; i++) {
    const x = (random(200_000) / 1000).toFixed(3);
    const y = (random(200_000) / 1000).toFixed(3);
    if (i % 40 === 0) lines.push(";TYPE:External perimeter");
    else if (i % 40 === 1) lines.push("M204 S1000");
    else if (i % 40 === 2) lines.push(`G1 X${x} Y${y} F9000`);
    else lines.push(`G1 X${x} Y${y} E.${String(random(99999)).padStart(5, "0")}`);
  }
  return new TextEncoder().encode(lines.join("\n"));
}

async function contentOf(path: string): Promise<Uint8Array> {
  const source = await openJobFile(path);
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) chunks.push(chunk);
  await source.close();
  return Buffer.concat(chunks);
}

function readerOf(bytes: Uint8Array): JobReader {
  let at = 0;
  return new JobReader({
    size: bytes.length,
    read: () => {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      at += chunk.length;
      return Promise.resolve(chunk.length === 0 ? undefined : chunk);
    },
    restart: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
}

async function parse(bytes: Uint8Array): Promise<number> {
  const reader = readerOf(bytes);
  const words = new MoveWords(reader);
  do {
    while (reader.next()) parseMove(reader.bytes, reader.start, reader.end, words);
  } while (await reader.fill());
  return reader.line;
}

function printer(): { readonly gcode: Gcode; readonly moves: () => number } {
  const table = new CommandTable();
  let moves = 0;
  table.registerMoves(() => {
    moves++;
  });
  for (const name of ["M104", "M106", "M107", "M140", "M204", "G4", "G28", "G92", "G21", "G90", "M83"]) {
    table.register(name, () => undefined);
  }
  return { gcode: new Gcode(table, new GcodeOutput()), moves: () => moves };
}

async function dispatch(bytes: Uint8Array): Promise<number> {
  const reader = readerOf(bytes);
  await printer().gcode.runJob(reader, jobOrigin("bench"), () => false);
  return reader.line;
}

async function runScript(bytes: Uint8Array): Promise<number> {
  const script = new TextDecoder().decode(bytes);
  await printer().gcode.run(script, CONSOLE);
  return script.split("\n").length;
}

async function measure(name: string, body: () => Promise<number>): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    const lines = await body();
    const { user, system } = process.cpuUsage(before);
    rates.push((lines / (user + system)) * 1e6);
  }
  const best = Math.max(...rates);
  const median = rates.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0;
  console.log(`${name.padEnd(26)} median ${Math.round(median / 1000)} k/s, best ${Math.round(best / 1000)} k/s`);
}

const path = process.argv[2];
const bytes = path === undefined ? generatedJob() : await contentOf(path);
console.log(`${path ?? "generated job"}: ${(bytes.length / 1e6).toFixed(1)} MB; lines per second of CPU time`);
await measure("parsed", () => parse(bytes));
await measure("dispatched as a job", () => dispatch(bytes));
await measure("dispatched as a script", () => runScript(bytes));
