import { ClickmaskError, type Mask, type MaskRuns } from '@clickmask/core';
import { type Polygon, rasterisePolygons, toRuns } from '@clickmask/core/masks';
import { checkClicks } from '@clickmask/core/session';
import { createAnswers } from '../answers/answers.js';
import { asClickmaskError } from '../errors.js';
import { listenToKeys } from '../input/keyboard.js';
import { listenToPointers } from '../input/pointer.js';
import type { Command } from '../input/shortcuts.js';
import { createResults } from '../results/results.js';
import { createAim } from '../tools/aim.js';
import { createCommands } from '../tools/commands.js';
import { createCrosshair } from '../tools/crosshair.js';
import { createDragging } from '../tools/dragging.js';
import { createHand } from '../tools/hand.js';
import { createPointerTools } from '../tools/pointer-tools.js';
import { createPreviewing } from '../tools/previewing.js';
import { createSelection } from '../tools/selection.js';
import { createLogBook, replayLog } from '../value/annotation-log.js';
import { createChanges } from '../value/changes.js';
import { checkMaskSize } from '../value/check-value.js';
import * as edits from '../value/edits.js';
import { createChrome } from '../view/chrome.js';
import { toWindow } from '../view/placement.js';
import { createScreen } from '../view/screen.js';
import { createStage } from '../view/stage.js';
import { applyStyles } from '../view/styles.js';
import { toStage } from '../view/viewport.js';
import type { Annotator, AnnotatorEvents, AnnotatorOptions } from './api.js';
import { createConfiguration } from './configuration.js';
import { createEmitter } from './emitter.js';
import type { Parts } from './parts.js';
import { createPictures } from './pictures.js';
import { createStatus } from './status.js';

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
  const log = createLogBook();
  let destroyed = false;

  const parts = {} as { -readonly [K in keyof Parts]: Parts[K] };
  const commands = createCommands(parts);
  const command = (name: Command): boolean => !destroyed && commands[name]?.() !== false;
  parts.events = createEmitter<AnnotatorEvents>();
  parts.config = createConfiguration(options, parts);
  parts.changes = createChanges(parts);
  parts.answers = createAnswers(parts, log);
  parts.results = createResults(parts);
  parts.status = createStatus(parts);
  parts.hand = createHand();
  parts.aim = createAim(parts);
  parts.previewing = createPreviewing(parts);
  parts.dragging = createDragging(parts);
  parts.crosshair = createCrosshair(parts);
  parts.selection = createSelection(parts);
  parts.screen = createScreen(parts);
  parts.pictures = createPictures({
    segmenter: options.segmenter,
    limits: options.limits ?? {},
    report: (info) => !destroyed && parts.status.report(info),
    onLoading({ isAnother }) {
      if (isAnother) parts.changes.forgetComing();
      parts.status.reset();
      parts.answers.reset();
      parts.screen.refresh();
    },
    onShown(picture) {
      parts.status.endProgress();
      parts.hand.selectedClick = null;
      parts.hand.crosshair = null;
      parts.dragging.cancel();
      try {
        parts.changes.reset();
      } catch (error) {
        parts.status.fail(asClickmaskError(error));
      }
      log.start(picture);
      parts.stage.fit();
      parts.screen.refresh();
    },
    onReady({ image, segmenter: { info } }) {
      parts.status.endProgress();
      log.open(image.key, info.model);
      parts.status.say(parts.config.texts.ready);
      parts.events.emit('ready', { model: info.model, provider: info.provider });
      parts.answers.ask();
      parts.previewing.update();
    },
    onError: (error) => parts.status.fail(error),
    onChange: () => parts.screen.refresh(),
  });
  parts.chrome = createChrome({
    command,
    settings: parts.config.change,
    chooseClass: parts.selection.chooseClass,
    chooseObject: parts.selection.choose,
    deleteObject: parts.selection.removeObject,
    retry() {
      parts.status.clear();
      parts.pictures.retry();
      parts.answers.ask();
      parts.screen.refresh();
    },
  });
  const { changes, config, dragging, pictures, results, chrome, selection } = parts;
  chrome.setTexts(config.texts, config.shortcuts);
  host.append(chrome.root);
  const takeStyles = applyStyles(host);
  parts.stage = createStage(chrome.stage, parts.screen.scene);
  const letPointersGo = listenToPointers(chrome.stage, createPointerTools(parts, chrome.stage), {
    wheelZooms: () => config.wheel === 'plain',
    rightClick: () => config.rightClick,
  });
  const letKeysGo = listenToKeys(chrome.root, chrome.stage, {
    shortcuts: () => config.shortcuts,
    command,
    space(held) {
      parts.hand.spaceHeld = held;
      chrome.stage.toggleAttribute('data-panning', held);
      parts.previewing.update();
      parts.stage.invalidate();
    },
  });
  parts.screen.refresh();

  /** The picture that something is said of. */
  const shown = () => {
    if (pictures.shown === null) throw noPicture();
    return pictures.shown;
  };

  return {
    get value() {
      return changes.coming ?? changes.value;
    },
    set value(value) {
      changes.set(value);
    },
    get settings() {
      return config.settings;
    },
    set settings(next) {
      config.change(next);
    },
    get classes() {
      return config.classes;
    },
    set classes(next) {
      config.classes = next;
    },
    get classId() {
      return config.classId;
    },
    set classId(id) {
      config.classId = id;
    },
    get locale() {
      return config.locale;
    },
    set locale(tag) {
      config.locale = tag;
    },
    get messages() {
      return config.messages;
    },
    set messages(next) {
      config.messages = next;
    },
    get shortcuts() {
      return config.shortcuts;
    },
    set shortcuts(next) {
      config.shortcuts = next;
    },
    get controlled() {
      return config.controlled;
    },
    set controlled(on) {
      config.controlled = on;
    },
    get readOnly() {
      return config.readOnly;
    },
    set readOnly(on) {
      config.readOnly = on;
    },
    get wheel() {
      return config.wheel;
    },
    set wheel(mode) {
      config.wheel = mode;
    },
    get rightClick() {
      return config.rightClick;
    },
    set rightClick(on) {
      config.rightClick = on;
    },
    get segmentOptions() {
      return config.segmentOptions;
    },
    set segmentOptions(next) {
      config.segmentOptions = next;
    },
    get pictureSize() {
      const { shown: picture } = pictures;
      return picture === null ? null : { width: picture.width, height: picture.height };
    },
    get awaitsPicture() {
      return pictures.awaited;
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
        if (parts.status.progress?.phase === 'picture') parts.status.endProgress();
        parts.screen.refresh();
      }
    },
    command: (name) => void command(name),
    addClick({ x, y, label }) {
      checkClicks([{ x, y, label }], shown());
      changes.make(edits.addClick({ x, y, label }, changes.fresh()));
    },
    moveClick: (index, to) => changes.make(edits.moveClick(index, to)),
    removeClick: (index) => changes.make(edits.removeClick(index)),
    setBox: (box) => changes.make(edits.setBox(box, changes.fresh())),
    stroke: dragging.stroke,
    addObject(from, { classId = config.classId, accepted = false } = {}) {
      const picture = shown();
      if (config.readOnly) return null;
      const runs = Array.isArray(from)
        ? rasterisePolygons(from as readonly Polygon[], picture)
        : toRuns(from as Mask | MaskRuns);
      checkMaskSize(runs, picture, 'the mask');
      const made = { ...changes.fresh(), classId };
      changes.make(edits.addObjectFromMask(runs, made, accepted));
      return made.id;
    },
    select: selection.choose,
    remove: (id) => changes.make(edits.removeObject(id)),
    setClass: (id, classId) => changes.make(edits.setClass(id, classId)),
    accept: selection.accept,
    undo: () => changes.step('undo'),
    redo: () => changes.step('redo'),
    getRuns: results.getRuns,
    getResult: results.get,
    getLabelMap: (values = 'object') => results.getLabelMap(values),
    exportLog: () => log.export(),
    async replayLog(recorded) {
      if (pictures.target === null) throw noPicture();
      const { segmenter, image } = pictures.target;
      return replayLog(recorded, segmenter, image, config.segmentOptions);
    },
    settled: parts.answers.settled,
    on: parts.events.on,
    toPage: (point) => toWindow(chrome.stage, toStage(parts.stage.viewport, point)),
    focus: () => chrome.stage.focus(),
    destroy() {
      if (destroyed) return;
      destroyed = true;
      parts.events.clear();
      parts.status.destroy();
      parts.screen.destroy();
      letPointersGo();
      letKeysGo();
      parts.stage.destroy();
      chrome.root.remove();
      takeStyles();
      pictures.destroy();
      changes.reset();
      parts.answers.destroy();
    },
  };
}

function noPicture(): ClickmaskError {
  return new ClickmaskError(
    'image-not-loaded',
    'Expected a picture to be loaded but there is none. Call load() first.',
  );
}
