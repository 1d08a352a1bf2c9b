// thread: browser

/** What the view may show, in mm. */
export interface Area {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

const MARGIN = 0.04;
/** A tiny part is not blown up to more than this, in mm. */
const LEAST_SPAN = 20;
const MAX_ZOOM = 60;
const MIN_ZOOM = 0.5;

/** From mm on the bed to pixels on the canvas: zoom and pan. Y goes up on the bed and down on the canvas. */
export class PathView {
  #area: Area = { minX: 0, minY: 0, maxX: 200, maxY: 200 };
  #width = 1;
  #height = 1;
  #zoom = 1;
  #centreX = 100;
  #centreY = 100;

  get area(): Area {
    return this.#area;
  }

  get zoom(): number {
    return this.#zoom;
  }

  /** Pixels for each mm. */
  get scale(): number {
    const { minX, minY, maxX, maxY } = this.#area;
    const fit = Math.min(this.#width / (maxX - minX), this.#height / (maxY - minY)) * (1 - 2 * MARGIN);
    return fit * this.#zoom;
  }

  /** The bed; a new one is shown whole. */
  setArea(area: Area): void {
    this.#area = area;
    this.fit();
  }

  setSize(width: number, height: number): void {
    this.#width = Math.max(1, width);
    this.#height = Math.max(1, height);
  }

  /** Shows this part of the bed whole; all of it without one. */
  fit(part: Area = this.#area): void {
    this.#centreX = (part.minX + part.maxX) / 2;
    this.#centreY = (part.minY + part.maxY) / 2;
    this.#zoom = 1;
    const spanX = Math.max(LEAST_SPAN, part.maxX - part.minX);
    const spanY = Math.max(LEAST_SPAN, part.maxY - part.minY);
    const fitting = (Math.min(this.#width / spanX, this.#height / spanY) * (1 - 2 * MARGIN)) / this.scale;
    this.#zoom = Math.min(MAX_ZOOM, Math.max(part === this.#area ? 1 : MIN_ZOOM, part === this.#area ? 1 : fitting));
  }

  x(mm: number): number {
    return this.#width / 2 + (mm - this.#centreX) * this.scale;
  }

  y(mm: number): number {
    return this.#height / 2 - (mm - this.#centreY) * this.scale;
  }

  /** The place on the bed below a pixel. */
  bed(x: number, y: number): { x: number; y: number } {
    return {
      x: this.#centreX + (x - this.#width / 2) / this.scale,
      y: this.#centreY - (y - this.#height / 2) / this.scale,
    };
  }

  /** Zooms about a pixel that stays where it is. */
  zoomAt(factor: number, x = this.#width / 2, y = this.#height / 2): void {
    const before = this.bed(x, y);
    this.#zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.#zoom * factor));
    const after = this.bed(x, y);
    this.#move(before.x - after.x, before.y - after.y);
  }

  /** Moves what is shown by pixels. */
  pan(dx: number, dy: number): void {
    this.#move(-dx / this.scale, dy / this.scale);
  }

  /** Brings a place on the bed to the middle. */
  centre(x: number, y: number): void {
    this.#centreX = x;
    this.#centreY = y;
  }

  #move(dx: number, dy: number): void {
    const { minX, minY, maxX, maxY } = this.#area;
    this.#centreX = Math.min(maxX, Math.max(minX, this.#centreX + dx));
    this.#centreY = Math.min(maxY, Math.max(minY, this.#centreY + dy));
  }
}
