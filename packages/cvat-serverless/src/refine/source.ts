import type { CvatAnnotations, CvatShape, CvatTrack } from '../client/index.js';
import { digestOf } from './content.js';
import type { SourceKind } from './shape-prompt.js';

/** The source of a mask: a shape, or one keyframe of a track. */
export interface Source {
  /** Its name in the memory: `shape 12`, `track 3 frame 17`. */
  readonly key: string;
  readonly frame: number;
  /** The shape. A keyframe also has the label, group and attributes of its track. */
  readonly shape: CvatShape;
  /** Whether it is a keyframe. Keyframes cannot be replaced, because CVAT's tracks hold no masks. */
  readonly tracked: boolean;
  /** Digest of its content on the server. */
  readonly digest: string;
}

/** The part of a job to work on. */
export interface SourceScope {
  readonly kinds: readonly SourceKind[];
  /** Null for all. */
  readonly labels: ReadonlySet<number> | null;
  readonly first: number;
  readonly last: number;
  readonly deletedFrames: ReadonlySet<number>;
}

/** All sources of a job by key, without any selection. */
export function allSources(annotations: CvatAnnotations): ReadonlyMap<string, Source> {
  const sources = annotations.shapes.flatMap((shape) => (shape.id === undefined ? [] : [shapeSource(shape)]));
  return new Map([...sources, ...annotations.tracks.flatMap(keyframes)].map((source) => [source.key, source]));
}

/** The source of a shape with an id. */
export function shapeSource(shape: CvatShape): Source {
  return { key: `shape ${shape.id}`, frame: shape.frame, shape, tracked: false, digest: digestOf(shape) };
}

/** The keyframes of a track where the object is visible. */
function keyframes(track: CvatTrack): Source[] {
  return track.shapes
    .filter(({ outside }) => outside !== true)
    .map((keyframe) => {
      const attributes = [...track.attributes, ...keyframe.attributes];
      const { label_id, group, source } = track;
      const shape: CvatShape = { ...keyframe, id: undefined, label_id, group: group ?? 0, source, attributes };
      const { frame } = keyframe;
      return { key: `track ${track.id} frame ${frame}`, frame, shape, tracked: true, digest: digestOf(shape) };
    });
}

/** Whether a source is selected. */
export function inScope({ shape, frame }: Source, scope: SourceScope): boolean {
  return (
    (scope.kinds as readonly string[]).includes(shape.type) &&
    (scope.labels === null || scope.labels.has(shape.label_id)) &&
    frame >= scope.first &&
    frame <= scope.last &&
    !scope.deletedFrames.has(frame)
  );
}

/**
 * Sources by frame, in frame order. Within a frame, masks come last: a mask made from another shape is then known to be
 * a result before it is looked at as a source.
 */
export function byFrame(sources: Iterable<Source>): [number, Source[]][] {
  const frames = new Map<number, Source[]>();
  for (const source of sources) {
    const list = frames.get(source.frame);
    if (list === undefined) frames.set(source.frame, [source]);
    else list.push(source);
  }
  const rank = ({ shape, tracked }: Source): number => (tracked ? -1 : shape.type === 'mask' ? 1 : 0);
  for (const list of frames.values()) {
    list.sort((a, b) => rank(a) - rank(b) || (a.shape.id ?? 0) - (b.shape.id ?? 0));
  }
  return [...frames].sort(([a], [b]) => a - b);
}
