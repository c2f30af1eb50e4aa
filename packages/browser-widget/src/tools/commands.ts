import type { Parts } from '../annotator/parts.js';
import type { Tool } from '../annotator/settings.js';
import { fillIn } from '../i18n/index.js';
import type { Command } from '../input/shortcuts.js';
import { toStage, zoomViewport } from '../view/viewport.js';

/** What every key and button does; `false` where there was nothing to do. */
export function createCommands(parts: Parts): Readonly<Record<Command, () => unknown>> {
  const setTool = (tool: Tool) => () => {
    const { config, dragging } = parts;
    dragging.cancel();
    config.change({ tool: config.settings.tool === tool ? 'click' : tool });
  };
  const setRadius = (next: (radius: number) => number) => () => {
    const { config } = parts;
    config.change({ brushRadius: Math.min(100, Math.max(2, Math.round(next(config.settings.brushRadius)))) });
  };
  const zoomBy = (factor: number) => () => {
    const { pictures, stage, hand, status, config } = parts;
    if (pictures.shown === null) return;
    const middle = { x: stage.size.width / 2, y: stage.size.height / 2 };
    const anchor = hand.crosshair === null ? middle : toStage(stage.viewport, hand.crosshair);
    stage.setViewport(zoomViewport(stage.viewport, factor, anchor, pictures.shown, stage.size));
    status.announce(fillIn(config.texts.zoomLevel, { percent: config.percent(stage.viewport.scale) }));
  };
  const arrows = (dx: number, dy: number, step: number) => () => parts.crosshair.move(dx, dy, step);
  const classAt = (index: number) => () => {
    const chosen = parts.config.shownClasses[index];
    if (chosen !== undefined) parts.selection.chooseClass(chosen.id);
  };
  /** Takes back one thing at a time, the most recent first. */
  const cancel = (): boolean => {
    const { chrome, dragging, hand, config, selection, changes, previewing, screen } = parts;
    if (chrome.closeOverlays()) return true;
    if (dragging.present !== null) dragging.cancel();
    else if (hand.selectedClick !== null) hand.selectedClick = null;
    else if (config.settings.tool !== 'click') config.change({ tool: 'click' });
    else if (hand.crosshair !== null) hand.crosshair = null;
    else if (changes.active !== null && !config.readOnly) selection.choose(null);
    else return false;
    previewing.update();
    screen.refresh();
    return true;
  };
  return {
    undo: () => parts.changes.step('undo'),
    redo: () => parts.changes.step('redo'),
    accept: () => parts.selection.accept(),
    delete: () => parts.selection.remove(),
    cancel,
    'toggle-label': () => {
      const { config } = parts;
      config.change({ tool: 'click', label: config.settings.label === 'positive' ? 'negative' : 'positive' });
    },
    'tool-click': () => {
      parts.dragging.cancel();
      parts.config.change({ tool: 'click' });
    },
    'tool-box': setTool('box'),
    'tool-brush': setTool('brush'),
    'tool-eraser': setTool('eraser'),
    'tool-pan': setTool('pan'),
    'next-candidate': () => parts.selection.nextCandidate(),
    'brush-smaller': setRadius((radius) => radius / 1.25),
    'brush-larger': setRadius((radius) => radius * 1.25 + 1),
    'zoom-in': zoomBy(1.4),
    'zoom-out': zoomBy(1 / 1.4),
    'zoom-fit': () => parts.stage.fit(),
    'outline-only': () => parts.config.change({ outlineOnly: !parts.config.settings.outlineOnly }),
    preview: () => parts.config.change({ preview: !parts.config.settings.preview }),
    'previous-click': () => parts.selection.stepClick(-1),
    'next-click': () => parts.selection.stepClick(1),
    'previous-object': () => parts.selection.stepObject(-1),
    'next-object': () => parts.selection.stepObject(1),
    click: () => parts.crosshair.press(false),
    'click-opposite': () => parts.crosshair.press(true),
    help: () => parts.chrome.showHelp(),
    'crosshair-left': arrows(-1, 0, 10),
    'crosshair-right': arrows(1, 0, 10),
    'crosshair-up': arrows(0, -1, 10),
    'crosshair-down': arrows(0, 1, 10),
    'crosshair-left-fast': arrows(-1, 0, 60),
    'crosshair-right-fast': arrows(1, 0, 60),
    'crosshair-up-fast': arrows(0, -1, 60),
    'crosshair-down-fast': arrows(0, 1, 60),
    'crosshair-left-fine': arrows(-1, 0, 0),
    'crosshair-right-fine': arrows(1, 0, 0),
    'crosshair-up-fine': arrows(0, -1, 0),
    'crosshair-down-fine': arrows(0, 1, 0),
    'class-1': classAt(0),
    'class-2': classAt(1),
    'class-3': classAt(2),
    'class-4': classAt(3),
    'class-5': classAt(4),
    'class-6': classAt(5),
    'class-7': classAt(6),
    'class-8': classAt(7),
    'class-9': classAt(8),
  };
}
