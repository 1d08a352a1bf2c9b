// thread: host
import type { MoveTransform, Pending } from "../printer/module.js";
import type { MeshGrid } from "./mesh-grid.js";

/** How the mesh fades out with height, and how moves are divided. Lengths in mm. */
export interface MeshTransformOptions {
  readonly fadeStart: number;
  /** Below `fadeStart`: no fading. */
  readonly fadeEnd: number;
  /** Moves are looked at this often. */
  readonly checkDistance: number;
  /** A move is divided where the correction has changed by so much. */
  readonly splitDelta: number;
}

/** What of the mesh is used: the mesh, what fading leads to, and the offsets of BED_MESH_OFFSET. */
export interface ActiveMesh {
  readonly grid: MeshGrid;
  readonly fadeTarget: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly offsetFade: number;
}

/** Lets moves follow a mesh. Without one, moves pass as they are. */
export class MeshTransform implements MoveTransform {
  active: ActiveMesh | undefined;
  readonly #options: MeshTransformOptions;
  readonly #next: MoveTransform;
  /** Where the tool head was sent last, before correction: x, y, z, e. */
  readonly #last = new Float64Array(4);

  constructor(next: MoveTransform, options: MeshTransformOptions) {
    this.#next = next;
    this.#options = options;
  }

  /** What is added to z at a place, in mm. */
  correctionAt(x: number, y: number, z: number): number {
    const mesh = this.active;
    if (mesh === undefined) return 0;
    const share = this.#share(z + mesh.offsetFade);
    if (share === 0) return mesh.fadeTarget;
    const height = mesh.grid.heightAt(x - mesh.offsetX, y - mesh.offsetY);
    return share * (height - mesh.fadeTarget) + mesh.fadeTarget;
  }

  move(x: number, y: number, z: number, e: number, speed: number): Pending {
    const last = this.#last;
    const [x0 = 0, y0 = 0, z0 = 0, e0 = 0] = last;
    if (this.active === undefined) return this.#send(x, y, z, e, 0, speed);
    const length = Math.hypot(x - x0, y - y0, z - z0);
    const pieces = x === x0 && y === y0 ? 1 : Math.ceil(length / this.#options.checkDistance);
    return this.#walk([x0, y0, z0, e0], [x, y, z, e], pieces, 1, this.correctionAt(x0, y0, z0), speed);
  }

  readPosition(position: Float64Array): void {
    this.#next.readPosition(position);
    const [x = 0, y = 0, z = 0] = position;
    position[2] = this.#before(x, y, z);
    this.#last.set(position.subarray(0, 4));
  }

  /** Goes on from the `from`-th look; comes back to it when the queue had to be waited for. */
  #walk(
    start: readonly [number, number, number, number],
    end: readonly [number, number, number, number],
    pieces: number,
    from: number,
    correction: number,
    speed: number,
  ): Pending {
    let last = correction;
    for (let i = from; i < pieces; i++) {
      const part = i / pieces;
      const x = start[0] + (end[0] - start[0]) * part;
      const y = start[1] + (end[1] - start[1]) * part;
      const z = start[2] + (end[2] - start[2]) * part;
      const own = this.correctionAt(x, y, z);
      if (Math.abs(own - last) < this.#options.splitDelta) continue;
      last = own;
      const e = start[3] + (end[3] - start[3]) * part;
      const pending = this.#send(x, y, z, e, own, speed);
      if (pending instanceof Promise) {
        return pending.then(() => this.#walk(start, end, pieces, i + 1, own, speed));
      }
    }
    const [x, y, z, e] = end;
    return this.#send(x, y, z, e, this.correctionAt(x, y, z), speed);
  }

  /** A move that is refused leaves the tool head, and what is known of it, where it was. */
  #send(x: number, y: number, z: number, e: number, correction: number, speed: number): Pending {
    const pending = this.#next.move(x, y, z + correction, e, speed);
    const last = this.#last;
    last[0] = x;
    last[1] = y;
    last[2] = z;
    last[3] = e;
    return pending;
  }

  /** Share of the mesh that is used at a height. */
  #share(z: number): number {
    const { fadeStart, fadeEnd } = this.#options;
    if (fadeEnd <= fadeStart || z <= fadeStart) return 1;
    return z >= fadeEnd ? 0 : (fadeEnd - z) / (fadeEnd - fadeStart);
  }

  /** The height whose correction leads to `corrected`: the inverse of the above, piece by piece. */
  #before(x: number, y: number, corrected: number): number {
    const mesh = this.active;
    if (mesh === undefined) return corrected;
    const { fadeStart, fadeEnd } = this.#options;
    const { fadeTarget, offsetFade } = mesh;
    const height = mesh.grid.heightAt(x - mesh.offsetX, y - mesh.offsetY);
    const below = corrected - height;
    if (fadeEnd <= fadeStart || below + offsetFade <= fadeStart) return below;
    const above = corrected - fadeTarget;
    if (above + offsetFade >= fadeEnd) return above;
    // z + (fadeEnd - z - offset) / span * excess + target = corrected
    const slope = (height - fadeTarget) / (fadeEnd - fadeStart);
    return (corrected - fadeTarget - (fadeEnd - offsetFade) * slope) / (1 - slope);
  }
}
