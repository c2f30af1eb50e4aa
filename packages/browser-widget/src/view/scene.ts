import type { Box, Click, MaskRuns } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';
import { type AnnotatedObject, needsResult, type ObjectResult } from '@clickmask/core/session';
import type { Picture } from '../picture/picture.js';
import type { Results } from '../results/results.js';
import { type AnnotatorState, activeOf, type Draft } from '../state/state.js';
import { colourOf } from '../state/words.js';
import { kindOf } from '../tools/kinds/registry.js';
import { type StagePoint, toStage, type Viewport } from './viewport.js';

/** Everything visible on the stage. */
export interface Scene {
  readonly picture: Picture | null;
  readonly viewport: Viewport;
  readonly masks: readonly { readonly runs: MaskRuns; readonly colour: string; readonly active: boolean }[];
  readonly preview: { readonly runs: MaskRuns; readonly colour: string } | null;
  readonly clicks: readonly Click[];
  readonly selectedClick: number | null;
  readonly box: Box | null;
  /** The keyboard's crosshair; null if it is not in use. */
  readonly crosshair: ImagePoint | null;
  /** The brush under the pointer. */
  readonly brush: { readonly at: StagePoint; readonly radius: number; readonly erases: boolean } | null;
  /** The stroke being drawn. The radius is in image px. */
  readonly stroke: { readonly points: readonly ImagePoint[]; readonly radius: number; readonly erases: boolean } | null;
  readonly colour: string;
  readonly outlineOnly: boolean;
  readonly opacity: number;
}

export function sceneOf(state: AnnotatorState, maskOf: Results['maskOf']): Scene {
  const { value, settings, crosshair, selectedClick, viewport, picture, preview } = state;
  const active = activeOf(state);
  const colour = colourOf(state, active);
  return {
    picture,
    viewport,
    masks: value.objects.flatMap((object) => {
      const runs = maskOf(withDraft(object, state.draft));
      return runs === null ? [] : [{ runs, colour: colourOf(state, object), active: object === active }];
    }),
    preview: preview === null ? null : { runs: preview.result.runs, colour },
    clicks: clicksOf(state, active),
    selectedClick,
    box: boxOf(state) ?? active?.prompt.box ?? null,
    crosshair,
    brush: brushOf(state),
    stroke: strokeOf(state),
    colour,
    outlineOnly: settings.outlineOnly,
    opacity: settings.opacity,
  };
}

const drafted = /*#__PURE__*/ new WeakMap<Draft, { readonly of: AnnotatedObject; readonly object: AnnotatedObject }>();

/** An object as its draft shows it, with the brush strokes applied. */
function withDraft(object: AnnotatedObject, draft: Draft | null): AnnotatedObject {
  if (draft === null || draft.prompt !== object.prompt || !needsResult(object)) return object;
  const known = drafted.get(draft);
  if (known?.of === object) return known.object;
  const made = { ...object, result: { ...object.result, ...draft } as ObjectResult };
  drafted.set(draft, { of: object, object: made });
  return made;
}

/** The clicks of the active object. A click that is being moved is at its present position. */
function clicksOf({ drag }: AnnotatorState, active: AnnotatedObject | null): readonly Click[] {
  const clicks = active?.prompt.clicks ?? [];
  if (drag?.kind !== 'move-click' || drag.to === null) return clicks;
  const { click, to } = drag;
  return clicks.map((one, i) => (i === click ? { ...one, ...to } : one));
}

/** The box that is being drawn. */
function boxOf({ drag }: AnnotatorState): Box | null {
  if (drag?.kind !== 'box' || drag.to === null) return null;
  return { x1: drag.start.x, y1: drag.start.y, x2: drag.to.x, y2: drag.to.y };
}

/** How the selected tool's brush is shown; null if it has none. */
function brushKind({ drag, settings }: AnnotatorState): 'paint' | 'erase' | null {
  return kindOf(drag?.tool ?? settings.tool)?.brush ?? null;
}

function brushOf(state: AnnotatorState): Scene['brush'] {
  const { settings, crosshair, pointer, viewport, spaceHeld } = state;
  const at = crosshair === null ? (pointer?.at ?? null) : toStage(viewport, crosshair);
  const kind = brushKind(state);
  if (kind === null || at === null || spaceHeld) return null;
  return { at, radius: settings.brushRadius, erases: kind === 'erase' };
}

function strokeOf(state: AnnotatorState): Scene['stroke'] {
  const { drag, settings, viewport } = state;
  if (drag?.kind !== 'line') return null;
  return {
    points: drag.points,
    radius: settings.brushRadius / viewport.scale,
    erases: brushKind(state) === 'erase',
  };
}
