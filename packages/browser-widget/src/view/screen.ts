import type { Segmenter } from '@clickmask/core';
import type { Parts } from '../annotator/parts.js';
import { type AnnotatedObject, needsResult, type ObjectResult } from '../value/value.js';
import type { ChromeState } from './chrome.js';
import { palette } from './colours.js';
import type { Scene } from './stage.js';
import { toStage } from './viewport.js';

/** Keeps the stage and the controls around it in step with everything else. */
export interface Screen {
  /** What the stage is to show now. */
  scene(): Scene;
  /** Shows what changed: the stage in the next frame, the controls at the end of this turn. */
  refresh(): void;
  destroy(): void;
}

export function createScreen(parts: Parts): Screen {
  const strongContrast = globalThis.matchMedia('(prefers-contrast: more), (forced-colors: active)');
  const repaint = () => parts.stage.invalidate();
  strongContrast.addEventListener('change', repaint);
  let refreshing = false;
  let destroyed = false;

  const colourOf = (object: AnnotatedObject | null, index: number) => {
    const { shownClasses, classId } = parts.config;
    const wanted = object === null ? classId : object.classId;
    return shownClasses.find(({ id }) => id === wanted)?.colour ?? palette[index % palette.length];
  };

  /** An object as a draft of its answer shows it: what the brush did holds against it too. */
  let drafted: { readonly of: AnnotatedObject; readonly draft: unknown; readonly object: AnnotatedObject } | null =
    null;
  const withDraft = (object: AnnotatedObject): AnnotatedObject => {
    const { draft } = parts.answers;
    if (draft === null || draft.prompt !== object.prompt || !needsResult(object)) return object;
    if (drafted === null || drafted.of !== object || drafted.draft !== draft) {
      const result = { ...object.result, ...draft } as ObjectResult;
      drafted = { of: object, draft, object: { ...object, result } };
    }
    return drafted.object;
  };

  const scene = (): Scene => {
    const { changes, config, hand, dragging, stage, answers, results, pictures } = parts;
    const { objects, activeId } = changes.value;
    const { settings } = config;
    const object = changes.active;
    const colour = colourOf(object, object === null ? objects.length : objects.indexOf(object));
    const drag = dragging.present;
    const clicks = (object?.prompt.clicks ?? []).map((one, i) =>
      drag?.kind === 'move-click' && drag.click === i && drag.to !== null ? { ...one, ...drag.to } : one,
    );
    const drawnBox =
      drag?.kind === 'box' && drag.to !== null
        ? { x1: drag.start.x, y1: drag.start.y, x2: drag.to.x, y2: drag.to.y }
        : null;
    const isBrush = settings.tool === 'brush' || settings.tool === 'eraser';
    const erases = drag?.kind === 'stroke' ? drag.erases : settings.tool === 'eraser';
    const brushAt = hand.crosshair === null ? (hand.pointer?.at ?? null) : toStage(stage.viewport, hand.crosshair);
    return {
      picture: pictures.shown,
      masks: objects.flatMap((one, i) => {
        const runs = results.maskOf(withDraft(one));
        return runs === null ? [] : [{ runs, colour: colourOf(one, i), active: one.id === activeId }];
      }),
      preview: answers.shownPreview === null ? null : { runs: answers.shownPreview.result.runs, colour },
      clicks,
      selectedClick: hand.selectedClick,
      box: drawnBox ?? object?.prompt.box ?? null,
      crosshair: hand.crosshair,
      brush:
        isBrush && brushAt !== null && !hand.spaceHeld ? { at: brushAt, radius: settings.brushRadius, erases } : null,
      stroke:
        drag?.kind === 'stroke'
          ? { points: drag.points, radius: settings.brushRadius / stage.viewport.scale, erases }
          : null,
      colour,
      outlineOnly: settings.outlineOnly,
      opacity: settings.opacity,
      strongContrast: strongContrast.matches,
    };
  };

  const chromeState = (): ChromeState => {
    const { changes, config, status, answers, selection, pictures } = parts;
    const { objects, activeId } = changes.value;
    const object = changes.active;
    const { settings, readOnly, shownClasses, texts } = config;
    const hint = status.loading ?? texts.noObjects;
    return {
      settings,
      canUndo: changes.canUndo && !readOnly,
      canRedo: changes.canRedo && !readOnly,
      canAccept: selection.canAccept,
      canSwitch: (object?.result?.candidates.length ?? 0) > 1 && !readOnly,
      classes: shownClasses,
      classId: object === null ? config.classId : object.classId,
      objects: objects.map((one, i) => ({
        id: one.id,
        label: status.labelOf(i),
        colour: colourOf(one, i),
        active: one.id === activeId,
      })),
      status: status.line,
      isError: status.failure !== null,
      runtime: pictures.segmenter === null ? '' : runtimeName(pictures.segmenter.info),
      busy: answers.slow || status.progress !== null,
      progress: status.progress?.fraction ?? null,
      notice: pictures.shown !== null && objects.length === 0 && status.failure === null ? hint : '',
    };
  };

  return {
    scene,
    refresh() {
      if (destroyed) return;
      parts.stage.invalidate();
      if (refreshing) return;
      refreshing = true;
      // One update of the controls for all that happened in this turn.
      queueMicrotask(() => {
        refreshing = false;
        if (!destroyed) parts.chrome.update(chromeState());
      });
    },
    destroy() {
      destroyed = true;
      strongContrast.removeEventListener('change', repaint);
    },
  };
}

function runtimeName({ model, provider }: Segmenter['info']): string {
  return `${model} · ${provider}`;
}
