/** The fields of CVAT's API that are used here. Servers send more. */
export interface CvatServer {
  readonly name: string;
  /** For example `2.54.1`. */
  readonly version: string;
}

export type FunctionKind = 'detector' | 'interactor' | 'reid' | 'tracker';

/** A deployed function in CVAT's list. */
export interface CvatFunction {
  readonly id: string;
  readonly kind: FunctionKind;
  readonly name: string;
  readonly description: string;
  readonly version: number;
  readonly min_pos_points?: number;
  readonly min_neg_points?: number;
  readonly startswith_box?: boolean;
  readonly startswith_box_optional?: boolean;
  readonly help_message?: string;
}

/** A call of an interactor through the server. The server adds the frame. */
export interface InteractorCall {
  readonly job?: number;
  readonly task?: number;
  readonly frame: number;
  readonly pos_points: readonly (readonly [number, number])[];
  readonly neg_points: readonly (readonly [number, number])[];
  readonly obj_bbox?: readonly (readonly [number, number])[];
  readonly threshold?: number;
}

/** A function run over a whole task or job. */
export interface CvatRequest {
  readonly id: string;
  readonly function: { readonly id: string; readonly task: number; readonly job?: number };
  readonly status: 'queued' | 'started' | 'finished' | 'failed';
  readonly progress?: number;
  readonly exc_info?: string;
}

export interface NewCvatRequest {
  readonly function: string;
  readonly task: number;
  readonly job?: number;
  readonly threshold?: number;
  readonly cleanup?: boolean;
  readonly mapping?: Readonly<Record<string, { readonly name: string }>>;
}

export interface CvatJob {
  readonly id: number;
  readonly task_id: number;
  readonly state: string;
  readonly stage: string;
  /** First and last frame, in the numbering of the job's annotations. */
  readonly start_frame: number;
  readonly stop_frame: number;
}

export interface CvatDataMeta {
  readonly start_frame: number;
  readonly stop_frame: number;
  /** One chunk for a video, whose frames are alike. */
  readonly frames: readonly { readonly width: number; readonly height: number; readonly name: string }[];
  readonly deleted_frames: readonly number[];
}

export interface CvatLabel {
  readonly id: number;
  readonly name: string;
  readonly type: string;
}

export type ShapeType = 'rectangle' | 'polygon' | 'polyline' | 'points' | 'ellipse' | 'cuboid' | 'mask' | 'skeleton';

/** A keyframe of a track: a frame where somebody drew the object, or marked it as gone (`outside`). */
export interface CvatKeyframe {
  /** Assigned by the server. */
  readonly id?: number;
  readonly type: ShapeType;
  readonly frame: number;
  readonly points: readonly number[];
  readonly occluded: boolean;
  readonly outside?: boolean;
  readonly z_order: number;
  readonly rotation?: number;
  readonly attributes: readonly { readonly spec_id: number; readonly value: string }[];
  /** Other fields from the server. */
  readonly [field: string]: unknown;
}

export interface CvatShape extends CvatKeyframe {
  readonly label_id: number;
  readonly group?: number | null;
  readonly source?: string;
}

/** An object of a video: shapes on keyframes, with CVAT interpolating between them. Tracks have no masks. */
export interface CvatTrack {
  readonly id?: number;
  readonly frame: number;
  readonly label_id: number;
  readonly group?: number | null;
  readonly source?: string;
  readonly shapes: readonly CvatKeyframe[];
  readonly attributes: CvatShape['attributes'];
  readonly [field: string]: unknown;
}

export interface CvatAnnotations {
  readonly version: number;
  readonly tags: readonly unknown[];
  readonly shapes: readonly CvatShape[];
  readonly tracks: readonly CvatTrack[];
}

/** How a client authenticates. */
export type CvatAuth =
  /** A personal access token. */
  | { readonly accessToken: string }
  /** The key from `POST /api/auth/login`. */
  | { readonly token: string }
  | { readonly username: string; readonly password: string };
