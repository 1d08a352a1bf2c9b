// thread: feed
/** A picture that a slicer put into a file, and where it was put on disk. */
export interface Thumbnail {
  readonly width: number;
  readonly height: number;
  readonly size: number;
  /** Relative to the folder of the G-code file. */
  readonly relative_path: string;
}

/** What a slicer says about its file; only what was found. Lengths in mm, times in s, weights in g, degC. */
export interface SlicerFacts {
  slicer: string;
  slicer_version?: string;
  layer_count?: number;
  object_height?: number;
  estimated_time?: number;
  nozzle_diameter?: number;
  layer_height?: number;
  first_layer_height?: number;
  first_layer_extr_temp?: number;
  first_layer_bed_temp?: number;
  chamber_temp?: number;
  filament_name?: string;
  filament_type?: string;
  filament_colors?: readonly string[];
  extruder_colors?: readonly string[];
  filament_temps?: readonly number[];
  referenced_tools?: readonly number[];
  filament_total?: number;
  filament_weight_total?: number;
  filament_weights?: readonly number[];
  filament_change_count?: number;
  printer_vendor?: string;
  printer_model?: string;
  printer_variant?: string;
}

/** Everything known about one G-code file. */
export interface Metadata extends Readonly<SlicerFacts> {
  readonly size: number;
  /** Unix time in s. */
  readonly modified: number;
  readonly uuid: string;
  readonly file_processors: readonly string[];
  readonly gcode_start_byte: number;
  readonly gcode_end_byte: number;
  readonly thumbnails: readonly Thumbnail[];
  readonly print_start_time: number | null;
  readonly job_id: string | null;
}
