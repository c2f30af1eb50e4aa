import { ClickmaskError, type Mask, type MaskRuns, type Size } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import { type ImagePoint, type Polygon, rasterisePolygons, toRuns } from '@clickmask/core/masks';
import {
  addClick,
  addObjectFromMask,
  checkClicks,
  createSessionLog,
  freeId,
  handOut,
  moveClick,
  removeClick,
  removeObject,
  replaySessionLog,
  setBox,
  setClass,
  takeBox,
  takeRuns,
} from '@clickmask/core/session';
import { createAnnotation } from '../annotation/annotation.js';
import { createKeeper } from '../annotation/keeper.js';
import { createShelf } from '../annotation/shelf.js';
import { createAnswers } from '../answers/answers.js';
import {
  keyIn,
  takeFunction,
  takeIndex,
  takeOptions,
  takePoint,
  takePoints,
  takeRadius,
  takeText,
  takeWord,
  withCodes,
} from '../arguments.js';
import { asClickmaskError, coded } from '../errors.js';
import { fillIn } from '../i18n/index.js';
import { listenToFiles } from '../input/files.js';
import { listenToKeys } from '../input/keyboard.js';
import { listenToPointers } from '../input/pointer.js';
import { createPictures } from '../picture/pictures.js';
import { createResults } from '../results/results.js';
import { learnedFrom } from '../state/hint.js';
import { say } from '../state/say.js';
import { changedSettings } from '../state/settings.js';
import { type AnnotatorStore, createState, type ProgressInfo } from '../state/state.js';
import { textsOf } from '../state/words.js';
import { createCommands } from '../tools/commands.js';
import { createCrosshair } from '../tools/crosshair.js';
import { createDragging } from '../tools/dragging.js';
import { createPointerTools } from '../tools/pointer-tools.js';
import { createPreviewing } from '../tools/previewing.js';
import { createSelection } from '../tools/selection.js';
import { createChrome } from '../view/chrome.js';
import { createPlacement } from '../view/placement.js';
import { sceneOf } from '../view/scene.js';
import { fitPicture } from '../view/show-viewport.js';
import { createStage } from '../view/stage.js';
import { applyStyles } from '../view/styles.js';
import { toStage } from '../view/viewport.js';
import type { Annotator, AnnotatorEvents, AnnotatorOptions } from './api.js';
import { createEmitter, type Emitter } from './emitter.js';
import { withProperties } from './properties-of.js';

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
  return coded(() => assemble(target, options));
}

function assemble(target: HTMLElement | ShadowRoot, options: AnnotatorOptions): Annotator {
  if (!(target instanceof ShadowRoot) && typeof target?.attachShadow !== 'function') {
    throw unexpected('bad-option', 'target', 'an element or a shadow root', target);
  }
  const model = createModel(takeOptions(options) as AnnotatorOptions);
  const view = createView(target, model);
  const { store, events, annotation, answers, pictures } = model;
  let destroyed = false;
  const methods = {
    ...methodsOf(model),
    command(name: keyof typeof model.commands) {
      if (!Object.hasOwn(model.commands, name)) throw unexpected('bad-option', 'command', 'a command', name);
      if (!destroyed) model.commands[name]();
    },
    toPage: view.toPage,
    focus: () => view.stage.focus(),
    on: (type: keyof AnnotatorEvents, listener: () => void) => events.on(type, takeFunction('listener', listener)),
    settled: answers.settled,
    destroy() {
      if (destroyed) return;
      destroyed = true;
      events.clear();
      view.destroy();
      model.destroy();
    },
  };
  const values = {
    value: { get: () => annotation.value, set: annotation.set },
    settings: {
      get: () => store.now.settings,
      set: (next: AnnotatorOptions['settings']) =>
        store.set({ settings: changedSettings(store.now.settings, takeOptions(next)) }),
    },
    pictureSize: { get: () => sizeOf(store) },
    awaitsPicture: { get: () => pictures.awaited },
    provider: { get: () => store.now.segmenter?.provider ?? null },
    ready: { get: () => store.now.ready },
  };
  return withCodes(withProperties(Object.defineProperties(methods, values), store)) as Annotator;
}

/** The annotator without its view: the state, and what changes it. */
function createModel(options: AnnotatorOptions) {
  const { lang } = document.documentElement;
  const store = createState({ ...options, locale: options.locale ?? (lang || globalThis.navigator.language) });
  const events = createEmitter<AnnotatorEvents>();
  const log = createSessionLog();
  const shelf = options.shelf ?? createShelf();
  const annotation = createAnnotation(store, events, shelf);
  const results = createResults(() => store.now);
  const report = (progress: ProgressInfo) => {
    store.set({ progress: progress.fraction === 1 && progress.phase !== 'features' ? null : progress });
    events.emit('progress', progress);
  };
  const keeper = createKeeper(store);
  const pictures = createPictures({
    store,
    recall: keeper.recall,
    segmenter: options.segmenter,
    limits: options.limits ?? {},
    report,
    onLoading({ isAnother }) {
      if (isAnother) annotation.forgetComing();
      store.set({ failure: null, message: '' });
    },
    onShown(picture, name, kept) {
      store.set({ progress: null, selectedClick: null, crosshair: null, drag: null });
      try {
        annotation.begin(name, kept);
      } catch (error) {
        store.set({ failure: asClickmaskError(error) });
      }
      keeper.begin(name);
      log.start(picture);
      fitPicture(store);
    },
    onReady({ image, segmenter: { info } }) {
      store.set({ progress: null });
      log.open(image.key, info.model);
      say(store, textsOf(store.now).ready);
      events.emit('ready', { model: info.model, provider: info.provider });
    },
    onError: (failure) => store.set({ failure }),
  });
  tellOf(store, events);
  const target = () => pictures.target;
  const answers = createAnswers({ store, target, amend: annotation.amend, log, events });
  const previewing = createPreviewing(store, answers);
  const dragging = createDragging(store, annotation);
  const crosshair = createCrosshair({ store, annotation, dragging, maskOf: results.maskOf });
  const selection = createSelection({ store, make: annotation.make, maskOf: results.maskOf, events });
  const commands = createCommands({ store, step: annotation.step, selection, crosshair });
  return {
    store,
    events,
    log,
    shelf,
    annotation,
    results,
    pictures,
    keeper,
    answers,
    previewing,
    dragging,
    selection,
    commands,
    /** After an error: repeats the load or the request that failed. */
    retry() {
      store.set({ failure: null });
      pictures.retry();
      answers.ask();
    },
    destroy() {
      keeper.destroy();
      previewing.destroy();
      crosshair.destroy();
      pictures.destroy();
      answers.destroy();
    },
  };
}

type Model = ReturnType<typeof createModel>;

/** Reports errors and settings to the page, and errors to the user. */
function tellOf(store: AnnotatorStore, events: Emitter<AnnotatorEvents>): void {
  store.subscribe((changed) => {
    const { settings, failure } = store.now;
    if (changed.has('settings')) events.emit('settings', { settings });
    if (changed.has('value')) store.set({ learned: learnedFrom(store.now) });
    if (changed.has('failure') && failure !== null) {
      store.set({ progress: null });
      events.emit('error', { error: failure });
      say(store, fillIn(textsOf(store.now).error, { message: failure.message }));
    }
  });
}

/** The view of an annotator, and its pointer and keyboard input. */
function createView(target: HTMLElement | ShadowRoot, model: Model) {
  const { store, annotation, dragging, selection, previewing, commands, results } = model;
  const host = target instanceof ShadowRoot ? target : (target.shadowRoot ?? target.attachShadow({ mode: 'open' }));
  const chrome = createChrome(
    store,
    {
      command: (name) => void commands[name](),
      settings: (change) => store.set({ settings: changedSettings(store.now.settings, change) }),
      overlay: (overlay) => store.set({ overlay }),
      chooseClass: selection.chooseClass,
      chooseObject: selection.choose,
      deleteObject: selection.removeObject,
      retry: model.retry,
    },
    results.maskOf,
  );
  const { stage } = chrome;
  host.append(chrome.breadth, chrome.root);
  const takeStyles = applyStyles(host);
  const placement = createPlacement(stage);
  const stopPainting = createStage(stage, store, () => sceneOf(store.now, results.maskOf));
  const tools = createPointerTools({
    store,
    annotation,
    dragging,
    announceClick: selection.announceClick,
    anticipate: previewing.anticipate,
  });
  const begin: typeof tools.begin = (point, press) => {
    // Shows the focus ring to keyboard users only.
    stage.focus({ preventScroll: true, focusVisible: false } as FocusOptions);
    return tools.begin(point, press);
  };
  const letPointersGo = listenToPointers(
    stage,
    { ...tools, begin },
    {
      toStage: placement.toElement,
      wheelZooms: () => store.now.wheel === 'plain',
      rightClick: () => store.now.rightClick,
    },
  );
  const letKeysGo = listenToKeys(chrome.root, stage, {
    shortcuts: () => store.now.shortcuts,
    command: (name) => Object.hasOwn(commands, name) && commands[name]() !== false,
    space: (spaceHeld) => store.set({ spaceHeld }),
  });
  const letFilesGo = listenToFiles(chrome.root, {
    mode: () => (store.now.readOnly && store.now.files === 'load' ? 'ignore' : store.now.files),
    take(file) {
      model.events.emit('picture', { source: file });
      model.pictures.load(file, undefined).catch(() => {});
    },
  });
  return {
    stage,
    toPage: (point: ImagePoint) => placement.toWindow(toStage(store.now.viewport, takePoint(point))),
    destroy() {
      letPointersGo();
      letKeysGo();
      letFilesGo();
      stopPainting();
      chrome.destroy();
      takeStyles();
    },
  };
}

/** What the page can do with an annotator, besides reading and setting properties. */
function methodsOf(model: Model) {
  const { store, annotation, selection, dragging, results, pictures, log, commands } = model;
  const shown = (): Size => {
    const { picture } = store.now;
    if (picture === null) throw noPicture();
    return picture;
  };
  const methods: Partial<Annotator> = {
    load: async (source, options) => pictures.load(source, keyIn(options)),
    async prefetch(source, options) {
      try {
        await pictures.prefetch(source, keyIn(options));
      } finally {
        if (store.now.progress?.phase === 'picture') store.set({ progress: null });
      }
    },
    addClick(click) {
      checkClicks([click], shown());
      annotation.make(addClick(click, annotation.fresh()));
    },
    moveClick(index, to) {
      const { x, y } = takePoint(to);
      checkClicks([{ x, y, label: 'positive' }], shown());
      annotation.make(moveClick(takeIndex(index), { x, y }));
    },
    removeClick: (index) => annotation.make(removeClick(takeIndex(index))),
    setBox: (box) => annotation.make(setBox(box === null ? null : takeBox(box), annotation.fresh())),
    stroke: (points, radius, mode) =>
      dragging.stroke(takePoints(points), takeRadius(radius), takeWord('mode', mode, 'paint', 'erase')),
    addObject(from, options) {
      const { classId = store.now.classId, accepted } = takeOptions(options);
      const runs = runsOf(from, shown());
      if (store.now.readOnly) return null;
      const id = freeId(store.now.value);
      annotation.make(addObjectFromMask(runs, { id, classId: takeText('classId', classId) }, accepted === true));
      return id;
    },
    select: (id) => selection.choose(takeText('id', id)),
    remove: (id) => annotation.make(removeObject(takeText('id', id))),
    setClass: (id, classId) => annotation.make(setClass(takeText('id', id), takeText('classId', classId) ?? null)),
    accept: selection.accept,
    undo: () => void commands.undo(),
    redo: () => void commands.redo(),
    markSaved: model.keeper.markSaved,
    getRuns: (id) => results.getRuns(takeText('id', id)),
    getResult: (format, id) => results.get(format, takeText('id', id)),
    getLabelMap: (values = 'object') => results.getLabelMap(takeWord('values', values, 'object', 'class')),
    getPictures: () => model.shelf.values().map(([name, value]) => ({ name, value: handOut(value) })),
    exportLog: () => log.export(store.now.segmentOptions),
    async replayLog(recorded) {
      if (pictures.target === null) throw noPicture();
      const { segmenter, image } = pictures.target;
      const { refinement, postprocess } = store.now.segmentOptions;
      return replaySessionLog(recorded, segmenter, image, { anyModel: true, refinement, postprocess });
    },
  };
  return methods;
}

/** Converts a mask, runs or polygons from the page to the widget's own runs. */
function runsOf(from: Mask | MaskRuns | readonly Polygon[], size: Size): MaskRuns {
  if (Array.isArray(from)) return rasterisePolygons(from as readonly Polygon[], size);
  const runs = takeRuns(toRuns(from as Mask | MaskRuns), size, 'the mask');
  if (runs === null) throw new ClickmaskError('bad-mask', 'Expected a mask, runs or polygons but received nothing.');
  return runs;
}

function sizeOf({ now: { picture } }: AnnotatorStore): Size | null {
  return picture === null ? null : { width: picture.width, height: picture.height };
}

function noPicture(): ClickmaskError {
  return new ClickmaskError('image-not-loaded', 'Expected an image to be loaded but there is none. Call load() first.');
}
