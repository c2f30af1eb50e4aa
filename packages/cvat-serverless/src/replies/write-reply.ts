import { bounds, type MaskRuns } from '@clickmask/core';
import { cvatMask } from '@clickmask/core/formats';
import { union } from '@clickmask/core/masks';
import { type Allocate, writeMaskRows } from './mask-rows.js';
import { outline } from './outline.js';
import type { ReplyFormat } from './reply-format.js';

/** An object of a reply: its mask and the model's confidence. */
export interface ReplyContent {
  readonly runs: MaskRuns;
  /** Confidence, 0 to 1. */
  readonly score: number;
}

/**
 * The body of the reply to an interactor request, as JSON text.
 *
 * An empty mask has `points: []`. Without it, the user interface up to CVAT 2.54 fails when it traces an outline.
 *
 * @param content - one object, or several of one frame; `shapes` keeps them apart, and a mask merges them
 * @param allocate - source of memory for a large reply. Default: new memory
 *
 * @example
 * ```ts
 * import { rectRuns } from '@clickmask/core/masks';
 * import { writeReply } from '@clickmask/cvat-serverless';
 *
 * const runs = rectRuns({ width: 4, height: 2 }, { x: 1, y: 0, width: 2, height: 1 });
 * console.log(writeReply({ runs, score: 0.9 }, 'shapes').toString());
 * // {"shapes":[{"type":"mask","points":[0,2,1,0,2,0],"attributes":[{"spec_id":0,"value":"0.900"}]}]}
 * ```
 */
export function writeReply(
  content: ReplyContent | readonly [ReplyContent, ...ReplyContent[]],
  format: ReplyFormat,
  allocate?: Allocate,
): Buffer {
  const objects = 'runs' in content ? [content] : content;
  if (format === 'shapes') {
    return Buffer.from(JSON.stringify({ shapes: objects.flatMap((object) => shapeOf(object) ?? []) }));
  }
  const runs = objects.map((object) => object.runs).reduce((all, one) => union(all, one));
  const box = bounds(runs);
  switch (format) {
    case 'mask': {
      const frame = { x: 0, y: 0, width: runs.width, height: runs.height };
      return writeMaskRows(runs, frame, `{"points":${JSON.stringify(outline(runs))},"mask":`, '}', allocate);
    }
    case 'mask-bounds': {
      if (box === null) return Buffer.from('{"points":[],"bounds":[0,0,0,0],"mask":[[0]]}');
      const corners = [box.x, box.y, box.x + box.width - 1, box.y + box.height - 1];
      const head = `{"points":${JSON.stringify(outline(runs))},"bounds":${JSON.stringify(corners)},"mask":`;
      return writeMaskRows(runs, box, head, '}', allocate);
    }
  }
}

function shapeOf({ runs, score }: ReplyContent): object | null {
  if (bounds(runs) === null) return null;
  const attributes = [{ spec_id: 0, value: Math.min(1, Math.max(0, score)).toFixed(3) }];
  return { type: 'mask', points: cvatMask.serialize(runs), attributes };
}
