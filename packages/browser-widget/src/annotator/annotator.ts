import {
  bounds,
  type ClickLabel,
  ClickmaskError,
  checkClicks,
  type ImagePoint,
  isSet,
  type Mask,
  type MaskRuns,
  type Polygon,
  rasterisePolygons,
  type Segmenter,
  toRuns,
} from '@clickmask/core';
import { unexpected } from '../errors.js';
import { fillIn, messagesFor } from '../i18n/index.js';
import { listenToKeys } from '../input/keyboard.js';
import { type DragKind, listenToPointers } from '../input/pointer.js';
import { type Command, defaultShortcuts } from '../input/shortcuts.js';
import { createChrome, objectLabel, type ShownClass } from '../view/chrome.js';
import { palette } from '../view/colours.js';
import { createStage, type Scene } from '../view/stage.js';
import { styles } from '../view/styles.js';
import { panViewport, revealPoint, type StagePoint, toImage, toStage, zoomViewport } from '../view/viewport.js';
import { createLogBook, replayLog } from './annotation-log.js';
import type { Annotator, AnnotatorEvents, AnnotatorOptions, ProgressInfo } from './api.js';
import { strokeRuns } from './brush-stroke.js';
import * as edits from './edits.js';
import { createValueHistory } from './history.js';
import { createPictures } from './pictures.js';
import { isOutlineFormat, serializeResult } from './result.js';
import { type AnnotatorSettings, cleanUpFor, defaultSettings, type Tool } from './settings.js';
import { cleanRuns, createShaper, rawRuns } from './shape.js';
import { createSolver, type Preview } from './solver.js';
import {
  type AnnotatedObject,
  type AnnotatorValue,
  activeObject,
  type ChangeOrigin,
  emptyValue,
  needsResult,
  type ObjectClass,
  type ObjectResult,
} from './value.js';

/**
 * An annotator inside an element (or shadow root) of the page.
 *
 * @example
 * ```ts browser
 * import { createAnnotator } from '@clickmask/browser-widget';
 * import { createSegmenter } from '@clickmask/core/web';
 *
 * const target = document.createElement('div');
 * document.body.append(target);
 * const annotator = createAnnotator(target, { segmenter: () => createSegmenter() });
 * console.log(annotator.value.objects.length); // 0
 * annotator.destroy();
 * ```
 */
export function createAnnotator(target: HTMLElement | ShadowRoot, options: AnnotatorOptions): Annotator {
  const host = target instanceof ShadowRoot ? target : (target.shadowRoot ?? target.attachShadow({ mode: 'open' }));
  const sheet = document.createElement('style');
  sheet.textContent = styles;
  const listeners = new Map<keyof AnnotatorEvents, Set<(event: never) => void>>();
  const emit = <K extends keyof AnnotatorEvents>(type: K, event: AnnotatorEvents[K]) => {
    for (const listener of [...(listeners.get(type) ?? [])]) (listener as (event: AnnotatorEvents[K]) => void)(event);
  };

  let settings: AnnotatorSettings = { ...defaultSettings, ...options.settings };
  let classes: readonly ShownClass[] = shownClasses(options.classes ?? []);
  let givenClasses = options.classes ?? [];
  let stickyClass = options.classId ?? null;
  let locale = options.locale ?? (document.documentElement.lang || globalThis.navigator.language || 'en');
  let replaced = options.messages ?? {};
  let messages = messagesFor(locale, replaced);
  let shortcuts = options.shortcuts ?? defaultShortcuts;
  let { controlled = false, readOnly = false, wheel = 'plain', rightClick = false, segmentOptions = {} } = options;

  const history = createValueHistory(emptyValue);
  let proposal: { readonly value: AnnotatorValue; readonly apply: () => void } | null = null;
  let destroyed = false;
  let busy = false;
  let failure: ClickmaskError | null = null;
  let progress: ProgressInfo | null = null;
  let statusText = '';
  let preview: Preview | null = null;
  let selectedClick: number | null = null;
  let crosshair: ImagePoint | null = null;
  let pointer: { readonly at: StagePoint; readonly opposite: boolean } | null = null;
  let spaceHeld = false;
  let drag: {
    readonly kind: DragKind;
    readonly start: ImagePoint;
    readonly click: number;
    readonly points: ImagePoint[];
  } | null = null;
  let dragged: ImagePoint | null = null;
  let crosshairTimer: ReturnType<typeof setTimeout> | undefined;
  let waiting: (() => void)[] = [];
  let nextNumber = 1;

  const shape = createShaper();
  let cleanUp = cleanUpFor(settings, { width: 1, height: 1 });
  const log = createLogBook();
  const strongContrast = globalThis.matchMedia('(prefers-contrast: more), (forced-colors: active)');

  const size = () => pictures.shown;
  const active = () => activeObject(history.value);
  const percent = (value: number) =>
    new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(value);
  const decimal = (value: number) => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value);
  const fresh = (): edits.NewObject => {
    while (history.value.objects.some(({ id }) => id === `object-${nextNumber}`)) nextNumber++;
    return { id: `object-${nextNumber}`, classId: stickyClass };
  };
  const colourOf = (object: AnnotatedObject | null, index: number) =>
    classes.find(({ id }) => id === (object === null ? stickyClass : object.classId))?.colour ??
    palette[index % palette.length];

  // ---- changes -----------------------------------------------------------------------------------------------------

  const afterChange = (origin: ChangeOrigin) => {
    const object = active();
    if (selectedClick !== null && object?.prompt.clicks[selectedClick] === undefined) selectedClick = null;
    if (origin !== 'model') {
      preview = null;
      const wanting = object !== null && needsResult(object) ? object : history.value.objects.find(needsResult);
      if (wanting !== undefined && failure === null) solver.solve(wanting.prompt);
    }
    refresh();
  };
  const commit = (value: AnnotatorValue, origin: ChangeOrigin, apply: () => void) => {
    if (value === history.value) return;
    if (controlled && origin !== 'host') {
      proposal = { value, apply };
      emit('change', { value, origin });
      return;
    }
    apply();
    emit('change', { value: history.value, origin });
    afterChange(origin);
  };
  const change = (edit: edits.Edit) => {
    if (readOnly || size() === null) return;
    const value = edit(history.value);
    failure = null;
    commit(value, 'user', () => history.commit(value));
  };
  const step = (direction: 'undo' | 'redo') => {
    const value = history.peek(direction);
    if (value === null || readOnly) return;
    failure = null;
    commit(value, 'history', () => history.step(direction));
    say(direction === 'undo' ? messages.undone : messages.redone);
  };

  const solver = createSolver({
    target: () => pictures.target,
    segmentOptions: () => segmentOptions,
    onResult(result, milliseconds) {
      const edit = edits.putResult(result);
      const value = edit(history.value);
      log.add(result, milliseconds);
      // An answer to a click that was undone meanwhile belongs to its own step, not to what is shown.
      if (value === history.value) history.amend(edit);
      else commit(value, 'model', () => history.amend(edit));
      describeResult(result);
      wakeIfSettled();
    },
    onPreview(next) {
      preview = next;
      stage.invalidate();
      emit('preview', next);
    },
    onBusy(now) {
      busy = now;
      if (!now) wakeIfSettled();
      refresh();
    },
    onError: fail,
  });

  const wakeIfSettled = () => {
    if (busy || (failure === null && history.value.objects.some(needsResult) && size() !== null)) return;
    const all = waiting;
    waiting = [];
    for (const wake of all) wake();
  };

  function fail(error: ClickmaskError): void {
    if (destroyed) return;
    failure = error;
    progress = null;
    emit('error', { error });
    say(fillIn(messages.error, { message: error.message }));
    wakeIfSettled();
    refresh();
  }

  // ---- words -------------------------------------------------------------------------------------------------------

  const say = (text: string) => {
    statusText = text;
    chrome.announce(text);
    refresh();
  };
  const describeResult = (result: ObjectResult) => {
    const picture = size();
    if (picture === null) return;
    let pixels = 0;
    for (let i = 0; i < result.runs.spans.length; i += 2) pixels += result.runs.spans[i + 1] - result.runs.spans[i];
    if (pixels === 0) return say(messages.emptyMask);
    const text = fillIn(messages.result, {
      share: percent(pixels / (picture.width * picture.height)),
      score: decimal(result.score),
      clicks: result.prompt.clicks.length,
    });
    say(result.changedPixels === 0 && result.prompt.clicks.length > 0 ? `${messages.noEffect} ${text}` : text);
  };

  // ---- pictures ----------------------------------------------------------------------------------------------------

  const report = (info: ProgressInfo) => {
    if (destroyed) return;
    progress = info.fraction === 1 && info.phase !== 'features' ? null : info;
    emit('progress', info);
    refresh();
  };
  const pictures = createPictures({
    segmenter: options.segmenter,
    limits: options.limits ?? {},
    report,
    onLoading() {
      failure = null;
      statusText = '';
      solver.reset();
      refresh();
    },
    onShown(picture) {
      progress = null;
      selectedClick = null;
      crosshair = null;
      preview = null;
      cleanUp = cleanUpFor(settings, picture);
      history.reset(emptyValue);
      log.start(picture);
      stage.fit();
      refresh();
    },
    onReady({ image, segmenter: { info } }) {
      progress = null;
      log.open(image.key, info.model);
      say(messages.ready);
      emit('ready', { model: info.model, provider: info.provider });
      const wanting = history.value.objects.find(needsResult);
      if (wanting !== undefined) solver.solve(wanting.prompt);
      else hover();
    },
    onError: (error) => fail(error),
    onChange: () => refresh(),
  });
  const retry = () => {
    failure = null;
    pictures.retry();
    const wanting = history.value.objects.find(needsResult);
    if (wanting !== undefined) solver.solve(wanting.prompt);
    refresh();
  };

  // ---- hands -------------------------------------------------------------------------------------------------------

  const pointAt = (at: StagePoint): ImagePoint | null => {
    const picture = size();
    if (picture === null) return null;
    const { x, y } = toImage(stage.viewport, at);
    if (x < 0 || y < 0 || x > picture.width || y > picture.height) return null;
    // A hundredth of a pixel is finer than any hand; short numbers keep logs readable.
    return { x: Math.round(x * 100) / 100, y: Math.round(y * 100) / 100 };
  };
  const clamped = (at: StagePoint): ImagePoint => {
    const picture = size() ?? { width: 1, height: 1 };
    const { x, y } = toImage(stage.viewport, at);
    const inside = (value: number, limit: number) => Math.round(Math.min(limit, Math.max(0, value)) * 100) / 100;
    return { x: inside(x, picture.width), y: inside(y, picture.height) };
  };
  const labelFor = (opposite: boolean): ClickLabel =>
    (settings.label === 'positive') !== opposite ? 'positive' : 'negative';
  const clickAt = (at: StagePoint): number | null => {
    const clicks = active()?.prompt.clicks ?? [];
    for (let i = clicks.length - 1; i >= 0; i--) {
      const mark = toStage(stage.viewport, clicks[i]);
      if (Math.hypot(mark.x - at.x, mark.y - at.y) <= 10) return i;
    }
    return null;
  };
  const hover = () => {
    const object = active();
    const at = crosshair ?? (pointer === null ? null : pointAt(pointer.at));
    const wanted =
      settings.preview &&
      settings.tool === 'click' &&
      pictures.ready &&
      !readOnly &&
      !spaceHeld &&
      drag === null &&
      at !== null;
    if (!wanted || (crosshair === null && pointer !== null && clickAt(pointer.at) !== null)) {
      solver.preview(edits.promptBase(object), null);
      return;
    }
    const label = labelFor(crosshair === null && pointer?.opposite === true);
    if (
      label === 'negative' &&
      (object === null || object.prompt.clicks.length === 0) &&
      object?.prompt.start == null
    ) {
      solver.preview(edits.promptBase(object), null);
      return;
    }
    solver.preview(edits.promptBase(object), { ...at, label });
  };
  const click = (at: ImagePoint, opposite: boolean) => {
    change(edits.addClick({ ...at, label: labelFor(opposite) }, fresh()));
  };

  const stopPointers = (element: HTMLElement) =>
    listenToPointers(
      element,
      {
        begin(at, event) {
          // A ring for those who use the keyboard only.
          element.focus({ preventScroll: true, focusVisible: false } as FocusOptions);
          crosshair = null;
          pointer = { at, opposite: event.shiftKey || event.altKey };
          if (spaceHeld || settings.tool === 'pan') return 'pan';
          if (size() === null || readOnly) return 'tap-or-pan';
          const start = clamped(at);
          const hit = settings.tool === 'click' && event.button === 0 ? clickAt(at) : null;
          const kind: DragKind =
            hit !== null
              ? 'move-click'
              : settings.tool === 'box'
                ? 'box'
                : settings.tool === 'brush' || settings.tool === 'eraser'
                  ? 'stroke'
                  : 'tap-or-pan';
          drag = kind === 'tap-or-pan' ? null : { kind, start, click: hit ?? -1, points: [] };
          dragged = null;
          selectedClick = hit;
          refresh();
          return kind;
        },
        hover(at, event) {
          if (at !== null) crosshair = null;
          pointer = at === null ? null : { at, opposite: event.shiftKey || event.altKey };
          if (settings.tool === 'brush' || settings.tool === 'eraser') stage.invalidate();
          hover();
        },
        tap(at, opposite) {
          drag = null;
          if (settings.tool !== 'click') return refresh();
          if (selectedClick !== null && clickAt(at) === selectedClick) {
            announceClick();
            return refresh();
          }
          const point = pointAt(at);
          if (point !== null) click(point, opposite);
        },
        pan(dx, dy) {
          const picture = size();
          if (picture !== null) stage.setViewport(panViewport(stage.viewport, dx, dy, picture, stage.size));
        },
        zoom(factor, anchor) {
          const picture = size();
          if (picture !== null) stage.setViewport(zoomViewport(stage.viewport, factor, anchor, picture, stage.size));
        },
        drag(kind, points) {
          if (drag === null) return;
          for (const at of points) {
            pointer = { at, opposite: false };
            dragged = clamped(at);
            if (kind === 'stroke') drag.points.push(dragged);
          }
          stage.invalidate();
        },
        drop(kind, at) {
          const ended = drag;
          drag = null;
          dragged = null;
          if (ended === null || size() === null) return;
          const to = clamped(at);
          if (kind === 'box') {
            const box = { x1: ended.start.x, y1: ended.start.y, x2: to.x, y2: to.y };
            if (box.x1 !== box.x2 && box.y1 !== box.y2) {
              updateSettings({ tool: 'click' });
              change(edits.setBox(box, fresh()));
            }
          } else if (kind === 'stroke') {
            stroke(
              ended.points,
              settings.brushRadius / stage.viewport.scale,
              settings.tool === 'eraser' ? 'erase' : 'paint',
            );
          } else {
            change(edits.moveClick(ended.click, to));
          }
          refresh();
        },
        cancel() {
          drag = null;
          dragged = null;
          stage.invalidate();
        },
      },
      { wheelZooms: () => wheel === 'plain', rightClick: () => rightClick },
    );

  const stroke = (points: readonly ImagePoint[], radius: number, mode: 'paint' | 'erase') => {
    const picture = size();
    if (picture === null || points.length === 0) return;
    change(edits.addStroke(strokeRuns(points, radius, picture), mode, fresh()));
  };

  const announceClick = () => {
    const clicks = active()?.prompt.clicks ?? [];
    const chosen = selectedClick === null ? undefined : clicks[selectedClick];
    if (chosen === undefined || selectedClick === null) return;
    const kind = chosen.label === 'positive' ? messages.positive : messages.negative;
    say(fillIn(messages.clickSelected, { number: selectedClick + 1, count: clicks.length, kind }));
  };
  const moveCrosshair = (dx: number, dy: number, step: number) => {
    const picture = size();
    if (picture === null) return;
    const { viewport } = stage;
    const from = crosshair ?? clamped(pointer?.at ?? { x: stage.size.width / 2, y: stage.size.height / 2 });
    // In CSS px of the screen, but at least a pixel of the picture.
    const distance = Math.max(step / viewport.scale, 1);
    // The first key shows where the crosshair is; it is moved from there.
    const by = crosshair === null ? 0 : distance;
    const limit = (value: number, most: number) => Math.min(most, Math.max(0, value));
    // With a click selected, the keys move the click.
    const clicks = active()?.prompt.clicks ?? [];
    if (selectedClick !== null && clicks[selectedClick] !== undefined) {
      const chosen = clicks[selectedClick];
      change(
        edits.moveClick(selectedClick, {
          x: limit(chosen.x + dx * distance, picture.width),
          y: limit(chosen.y + dy * distance, picture.height),
        }),
      );
      return;
    }
    const x = limit(from.x + dx * by, picture.width);
    const y = limit(from.y + dy * by, picture.height);
    crosshair = { x: Math.round(x * 100) / 100, y: Math.round(y * 100) / 100 };
    stage.setViewport(revealPoint(viewport, toStage(viewport, crosshair), picture, stage.size));
    stage.invalidate();
    hover();
    clearTimeout(crosshairTimer);
    crosshairTimer = setTimeout(() => {
      if (crosshair === null || destroyed) return;
      const place = fillIn(messages.position, { x: Math.round(crosshair.x), y: Math.round(crosshair.y) });
      const under = history.value.objects.findIndex((object) => {
        const runs = shape(object, cleanUp);
        return crosshair !== null && runs !== null && isSet(runs, Math.floor(crosshair.x), Math.floor(crosshair.y));
      });
      chrome.announce(under < 0 ? place : `${place}, ${labelOf(under)}`);
    }, 500);
  };
  const zoomBy = (factor: number) => {
    const picture = size();
    if (picture === null) return;
    const anchor =
      crosshair !== null ? toStage(stage.viewport, crosshair) : { x: stage.size.width / 2, y: stage.size.height / 2 };
    stage.setViewport(zoomViewport(stage.viewport, factor, anchor, picture, stage.size));
    chrome.announce(fillIn(messages.zoomLevel, { percent: percent(stage.viewport.scale) }));
  };
  const accept = () => {
    const object = active();
    if (object === null || readOnly) return;
    const runs = shape(object, cleanUp);
    if (runs === null || runs.spans.length === 0 || needsResult(object)) return;
    change(edits.acceptActive());
    emit('accept', {
      id: object.id,
      classId: object.classId,
      runs,
      bbox: bounds(runs),
      clicks: object.prompt.clicks,
      score: object.result?.score ?? null,
    });
    say(messages.accepted);
  };
  const cycleCandidate = () => {
    const result = active()?.result;
    if (result == null || result.candidates.length < 2) return;
    const order = result.candidates.map(({ index }) => index);
    const place = (order.indexOf(result.candidate) + 1) % order.length;
    change(edits.chooseCandidate(order[place]));
    say(fillIn(messages.candidateShown, { number: place + 1, count: order.length }));
  };
  const cycle = (count: number, at: number | null, by: number) =>
    count === 0 ? null : ((at ?? (by > 0 ? -1 : 0)) + by + count) % count;
  const selectClick = (by: number) => {
    selectedClick = cycle(active()?.prompt.clicks.length ?? 0, selectedClick, by);
    announceClick();
    refresh();
  };
  const selectObject = (by: number) => {
    const { objects, activeId } = history.value;
    const at = objects.findIndex(({ id }) => id === activeId);
    const next = cycle(objects.length, at < 0 ? null : at, by);
    if (next !== null) choose(objects[next].id);
  };
  const choose = (id: string | null) => {
    const index = history.value.objects.findIndex((object) => object.id === id);
    selectedClick = null;
    change(edits.select(id));
    if (index >= 0) say(labelOf(index));
  };
  const chooseClass = (id: string | null) => {
    stickyClass = id;
    const object = active();
    if (object !== null) change(edits.setClass(object.id, id));
    refresh();
  };
  const updateSettings = (part: Partial<AnnotatorSettings>) => {
    settings = { ...settings, ...part };
    cleanUp = cleanUpFor(settings, size() ?? { width: 1, height: 1 });
    emit('settings', { settings });
    hover();
    refresh();
  };
  const setTool = (tool: Tool) => updateSettings({ tool: settings.tool === tool && tool !== 'click' ? 'click' : tool });

  const deleteSelected = () => {
    const object = active();
    if (object === null) return;
    if (selectedClick !== null) {
      change(edits.removeClick(selectedClick));
      selectedClick = null;
      say(messages.clickDeleted);
    } else {
      change(edits.removeObject(object.id));
      say(messages.objectDeleted);
    }
  };
  /** Takes back one thing at a time, the most recent first. */
  const cancel = () => {
    if (chrome.closeOverlays()) return;
    if (drag !== null) drag = null;
    else if (selectedClick !== null) selectedClick = null;
    else if (settings.tool !== 'click') updateSettings({ tool: 'click' });
    else if (crosshair !== null) crosshair = null;
    else if (active() !== null) choose(null);
    dragged = null;
    hover();
    refresh();
  };
  const clickAtCrosshair = (opposite: boolean) => {
    if (crosshair === null) moveCrosshair(0, 0, 10);
    else click(crosshair, opposite);
  };
  const classAt = (index: number) => () => {
    if (classes[index] !== undefined) chooseClass(classes[index].id);
  };
  const arrows = (dx: number, dy: number, step: number) => () => moveCrosshair(dx, dy, step);
  const commands: Readonly<Record<Command, () => void>> = {
    undo: () => step('undo'),
    redo: () => step('redo'),
    accept: () => accept(),
    delete: deleteSelected,
    cancel,
    'toggle-label': () =>
      updateSettings({ tool: 'click', label: settings.label === 'positive' ? 'negative' : 'positive' }),
    'tool-click': () => updateSettings({ tool: 'click' }),
    'tool-box': () => setTool('box'),
    'tool-brush': () => setTool('brush'),
    'tool-eraser': () => setTool('eraser'),
    'tool-pan': () => setTool('pan'),
    'next-candidate': () => cycleCandidate(),
    'brush-smaller': () => updateSettings({ brushRadius: Math.max(2, Math.round(settings.brushRadius / 1.25)) }),
    'brush-larger': () => updateSettings({ brushRadius: Math.min(100, Math.round(settings.brushRadius * 1.25) + 1) }),
    'zoom-in': () => zoomBy(1.4),
    'zoom-out': () => zoomBy(1 / 1.4),
    'zoom-fit': () => stage.fit(),
    'outline-only': () => updateSettings({ outlineOnly: !settings.outlineOnly }),
    preview: () => updateSettings({ preview: !settings.preview }),
    'previous-click': () => selectClick(-1),
    'next-click': () => selectClick(1),
    'previous-object': () => selectObject(-1),
    'next-object': () => selectObject(1),
    click: () => clickAtCrosshair(false),
    'click-opposite': () => clickAtCrosshair(true),
    help: () => chrome.showHelp(),
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
  const command = (name: Command): void => {
    if (!destroyed) commands[name]?.();
  };

  // ---- what is seen ------------------------------------------------------------------------------------------------

  const labelOf = (index: number) => {
    const object = history.value.objects[index];
    return objectLabel(messages, index + 1, classes.find(({ id }) => id === object.classId)?.name ?? object.classId);
  };
  const scene = (): Scene => {
    const { objects, activeId } = history.value;
    const object = active();
    const index = object === null ? objects.length : objects.indexOf(object);
    const colour = colourOf(object, index);
    const moving = drag?.kind === 'move-click' && dragged !== null ? { index: drag.click, to: dragged } : null;
    const clicks = (object?.prompt.clicks ?? []).map((one, i) =>
      moving?.index === i ? { ...one, ...moving.to } : one,
    );
    const drawnBox =
      drag?.kind === 'box' && dragged !== null
        ? { x1: drag.start.x, y1: drag.start.y, x2: dragged.x, y2: dragged.y }
        : null;
    const erases = settings.tool === 'eraser';
    return {
      picture: size(),
      masks: objects.flatMap((one, i) => {
        const runs = shape(one, cleanUp);
        return runs === null ? [] : [{ runs, colour: colourOf(one, i), active: one.id === activeId }];
      }),
      preview: preview === null ? null : { runs: preview.result.runs, colour },
      clicks,
      selectedClick,
      box: drawnBox ?? object?.prompt.box ?? null,
      crosshair,
      brush:
        pointer !== null && (settings.tool === 'brush' || erases) && !spaceHeld
          ? { at: pointer.at, radius: settings.brushRadius, erases }
          : null,
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
  const progressText = () => {
    if (progress === null) return null;
    const part = progress.fraction === null ? '' : percent(progress.fraction);
    switch (progress.phase) {
      case 'model':
        return fillIn(messages.loadingModel, { percent: part }).trim();
      case 'picture':
        return fillIn(messages.loadingPicture, { percent: part }).trim();
      case 'features':
        return messages.preparing;
      default:
        return progress.phase satisfies never;
    }
  };
  let refreshing = false;
  const refresh = () => {
    stage?.invalidate();
    if (refreshing || destroyed) return;
    refreshing = true;
    // One update of the buttons for all that happened in this turn.
    queueMicrotask(() => {
      refreshing = false;
      if (destroyed) return;
      const { objects, activeId } = history.value;
      const object = active();
      const runs = object === null ? null : shape(object, cleanUp);
      const loadingText = progressText();
      const status =
        failure !== null
          ? fillIn(messages.error, { message: failure.message })
          : (loadingText ?? (busy ? messages.computing : statusText || (size() === null ? messages.noPicture : '')));
      chrome.update({
        settings,
        canUndo: history.canUndo && !readOnly,
        canRedo: history.canRedo && !readOnly,
        canAccept: object !== null && !readOnly && runs !== null && runs.spans.length > 0 && !needsResult(object),
        canSwitch: (object?.result?.candidates.length ?? 0) > 1 && !readOnly,
        classes,
        classId: object === null ? stickyClass : object.classId,
        objects: objects.map((one, i) => ({
          id: one.id,
          label: labelOf(i),
          colour: colourOf(one, i),
          active: one.id === activeId,
        })),
        status,
        isError: failure !== null,
        runtime: pictures.segmenter === null ? '' : runtimeName(pictures.segmenter.info),
        busy: busy || progress !== null,
        progress: progress?.fraction ?? null,
        notice: size() !== null && objects.length === 0 && failure === null ? (loadingText ?? messages.noObjects) : '',
      });
    });
  };

  const chrome = createChrome({
    command,
    settings: updateSettings,
    chooseClass,
    chooseObject: choose,
    deleteObject(id) {
      change(edits.removeObject(id));
      say(messages.objectDeleted);
    },
    retry,
  });
  chrome.setTexts(messages, shortcuts);
  host.append(sheet, chrome.root);
  const stage = createStage(chrome.stage, { scene, onPainted: () => {}, onViewport: () => {} });
  const letPointersGo = stopPointers(chrome.stage);
  const letKeysGo = listenToKeys(chrome.root, chrome.stage, {
    shortcuts: () => shortcuts,
    command,
    space(held) {
      spaceHeld = held;
      chrome.stage.toggleAttribute('data-panning', held);
      hover();
      stage.invalidate();
    },
  });
  strongContrast.addEventListener('change', stage.invalidate);
  refresh();

  const setTexts = () => {
    messages = messagesFor(locale, replaced);
    chrome.setTexts(messages, shortcuts);
    refresh();
  };
  const find = (id?: string): AnnotatedObject | null => {
    const { objects } = history.value;
    if (id !== undefined) return objects.find((object) => object.id === id) ?? null;
    return active() ?? objects[objects.length - 1] ?? null;
  };
  const getRuns = (id?: string): MaskRuns | null => {
    const object = find(id);
    return object === null ? null : shape(object, cleanUp);
  };

  return {
    get value() {
      return history.value;
    },
    set value(value) {
      if (proposal !== null && proposal.value === value) {
        const { apply } = proposal;
        proposal = null;
        apply();
        afterChange('host');
        return;
      }
      proposal = null;
      checkValue(value, size());
      if (controlled) history.replace(value);
      else history.reset(value);
      afterChange('host');
    },
    get settings() {
      return settings;
    },
    set settings(next) {
      updateSettings(next);
    },
    get classes() {
      return givenClasses;
    },
    set classes(next) {
      givenClasses = next;
      classes = shownClasses(next);
      refresh();
    },
    get classId() {
      return stickyClass;
    },
    set classId(id) {
      stickyClass = id;
      refresh();
    },
    get locale() {
      return locale;
    },
    set locale(tag) {
      locale = tag;
      setTexts();
    },
    get messages() {
      return replaced;
    },
    set messages(next) {
      replaced = next;
      setTexts();
    },
    get shortcuts() {
      return shortcuts;
    },
    set shortcuts(next) {
      shortcuts = next;
      setTexts();
    },
    get controlled() {
      return controlled;
    },
    set controlled(on) {
      controlled = on;
    },
    get readOnly() {
      return readOnly;
    },
    set readOnly(on) {
      readOnly = on;
      hover();
      refresh();
    },
    get wheel() {
      return wheel;
    },
    set wheel(mode) {
      wheel = mode;
    },
    get rightClick() {
      return rightClick;
    },
    set rightClick(on) {
      rightClick = on;
    },
    get segmentOptions() {
      return segmentOptions;
    },
    set segmentOptions(next) {
      segmentOptions = next;
    },
    get pictureSize() {
      const picture = size();
      return picture === null ? null : { width: picture.width, height: picture.height };
    },
    get provider() {
      return pictures.segmenter?.info.provider ?? null;
    },
    get ready() {
      return pictures.ready;
    },
    load: (source, { key } = {}) => pictures.load(source, key),
    async prefetch(source, { key } = {}) {
      try {
        await pictures.prefetch(source, key);
      } finally {
        if (progress?.phase === 'picture') progress = null;
        refresh();
      }
    },
    command,
    addClick(one) {
      const picture = size();
      if (picture === null) throw noPicture();
      checkClicks([one], picture);
      change(edits.addClick({ x: one.x, y: one.y, label: one.label }, fresh()));
    },
    moveClick: (index, to) => change(edits.moveClick(index, to)),
    removeClick: (index) => change(edits.removeClick(index)),
    setBox: (box) => change(edits.setBox(box, fresh())),
    stroke,
    addObject(from, { classId = stickyClass, accepted = false } = {}) {
      const picture = size();
      if (picture === null) throw noPicture();
      const runs = Array.isArray(from)
        ? rasterisePolygons(from as readonly Polygon[], picture)
        : toRuns(from as Mask | MaskRuns);
      if (runs.width !== picture.width || runs.height !== picture.height) {
        throw unexpected(
          'bad-mask',
          'the mask',
          `the picture's size, ${picture.width} x ${picture.height} px`,
          `${runs.width} x ${runs.height}`,
        );
      }
      const made = { ...fresh(), classId };
      change(edits.addObjectFromMask(runs, made, accepted));
      return made.id;
    },
    select: choose,
    remove: (id) => change(edits.removeObject(id)),
    setClass: (id, classId) => change(edits.setClass(id, classId)),
    accept,
    undo: () => step('undo'),
    redo: () => step('redo'),
    getRuns,
    getResult(format, id) {
      const object = find(id);
      const raw = object === null ? null : rawRuns(object);
      if (object === null || raw === null) return null;
      const runs = isOutlineFormat(format) ? cleanRuns(raw, { ...cleanUp, detail: 1 }) : shape(object, cleanUp);
      return runs === null ? null : serializeResult(format, runs, settings.detail);
    },
    exportLog: () => log.export(),
    async replayLog(recorded) {
      const { target: present } = pictures;
      if (present === null) throw noPicture();
      return replayLog(recorded, present.segmenter, present.image, segmentOptions);
    },
    settled: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wakeIfSettled();
      }),
    on(type, listener) {
      const set = listeners.get(type) ?? new Set();
      listeners.set(type, set);
      set.add(listener as (event: never) => void);
      return () => set.delete(listener as (event: never) => void);
    },
    toPage(point) {
      const { left, top } = chrome.stage.getBoundingClientRect();
      const { x, y } = toStage(stage.viewport, point);
      return { x: x + left, y: y + top };
    },
    focus: () => chrome.stage.focus(),
    destroy() {
      if (destroyed) return;
      destroyed = true;
      clearTimeout(crosshairTimer);
      solver.reset();
      letPointersGo();
      letKeysGo();
      strongContrast.removeEventListener('change', stage.invalidate);
      stage.destroy();
      chrome.root.remove();
      sheet.remove();
      pictures.destroy();
      history.reset(emptyValue);
      for (const wake of waiting) wake();
      waiting = [];
      listeners.clear();
    },
  };
}

function runtimeName({ model, provider }: Segmenter['info']): string {
  return `${model} · ${provider}`;
}

function shownClasses(classes: readonly ObjectClass[]): readonly ShownClass[] {
  return classes.map(({ id, name = id, colour }, index) => ({
    id,
    name,
    colour: colour ?? palette[index % palette.length],
  }));
}

function checkValue(value: AnnotatorValue, size: { readonly width: number; readonly height: number } | null): void {
  if (!Array.isArray(value?.objects) || !('activeId' in value)) {
    throw unexpected('bad-option', 'value', '{ objects, activeId }', value);
  }
  const ids = new Set(value.objects.map(({ id }) => id));
  if (ids.size !== value.objects.length)
    throw unexpected('bad-option', 'value.objects', 'objects with ids of their own', value.objects);
  if (size === null) return;
  for (const { prompt } of value.objects) checkClicks(prompt.clicks, size);
}

function noPicture(): ClickmaskError {
  return new ClickmaskError(
    'image-not-loaded',
    'Expected a picture to be loaded but there is none. Call load() first.',
  );
}
