import { ClickmaskError, type Segmenter } from '@clickmask/core';
import { createAnnotator } from '../annotator/annotator.js';
import type { Annotator, AnnotatorEvents, AnnotatorOptions, SegmenterFactory } from '../annotator/api.js';
import { asClickmaskError } from '../errors.js';
import type { Messages } from '../i18n/index.js';
import type { Shortcuts } from '../input/shortcuts.js';
import type { PictureSource } from '../picture/picture.js';
import { createDefaultSegmenter, type RuntimeOptions } from '../runtime.js';
import type { AnnotatorValue, ObjectClass } from '../value/value.js';
import { emptyValue } from '../value/value.js';
import { type AttributeName, observedAttributes, parseClasses, settingOf } from './attributes.js';

/** The events of `<clickmask-annotator>`, for `addEventListener`. */
export interface ClickmaskEventMap {
  'clickmask-change': CustomEvent<AnnotatorEvents['change']>;
  'clickmask-accept': CustomEvent<AnnotatorEvents['accept']>;
  'clickmask-progress': CustomEvent<AnnotatorEvents['progress']>;
  'clickmask-error': CustomEvent<AnnotatorEvents['error']>;
  'clickmask-ready': CustomEvent<AnnotatorEvents['ready']>;
  'clickmask-settings': CustomEvent<AnnotatorEvents['settings']>;
}

// Where there is no DOM, as when a page is rendered on a server, the module can still be imported.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * The custom element `<clickmask-annotator>`. Lives while it is on a page: taking it off frees the model, the picture and
 * all memory; putting it back starts anew with the same value.
 *
 * @example
 * ```ts browser
 * import { defineClickmaskAnnotator } from '@clickmask/browser-widget';
 *
 * defineClickmaskAnnotator();
 * const element = document.querySelector('clickmask-annotator');
 * element?.addEventListener('clickmask-accept', ({ detail }) => console.log(detail.classId));
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface only types the events of the base class's methods
export class ClickmaskAnnotatorElement extends Base {
  static readonly observedAttributes: readonly string[] = observedAttributes;

  #annotator: Annotator | null = null;
  #given: {
    segmenter?: Segmenter | SegmenterFactory;
    classes?: readonly ObjectClass[];
    messages?: Partial<Messages>;
    shortcuts?: Shortcuts;
    segmentOptions?: AnnotatorOptions['segmentOptions'];
    value?: AnnotatorValue;
    /** What `load()` was called with; goes before `src`. */
    picture?: { readonly source: PictureSource; readonly options: { readonly key?: string } };
  } = {};
  /** Whether the value was kept when the element left its page, and so belongs to the picture it had there. */
  #isKept = false;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  connectedCallback(): void {
    clearTimeout(this.#leaving);
    if (this.#annotator !== null) return;
    this.#upgrade();
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open', delegatesFocus: true });
    const has = (name: AttributeName) => this.hasAttribute(name);
    const annotator = createAnnotator(root, {
      segmenter: this.#given.segmenter ?? ((report) => createDefaultSegmenter(this.#runtimeOptions(), report)),
      classes: this.#given.classes ?? this.#try(() => parseClasses(this.getAttribute('classes'))) ?? [],
      classId: this.getAttribute('class-id'),
      ...(this.#language() === null ? {} : { locale: this.#language()! }),
      messages: this.#given.messages,
      shortcuts: this.#given.shortcuts,
      segmentOptions: this.#given.segmentOptions,
      wheel: this.getAttribute('wheel') === 'modifier' ? 'modifier' : 'plain',
      rightClick: this.getAttribute('right-click') === 'negative',
      controlled: has('controlled'),
      readOnly: has('readonly'),
    });
    this.#annotator = annotator;
    for (const type of ['change', 'accept', 'progress', 'error', 'ready', 'settings'] as const) {
      annotator.on(type, (detail) => this.#dispatch(type, detail));
    }
    for (const name of observedAttributes) {
      if (has(name)) this.#applySetting(name);
    }
    const src = this.src ?? '';
    const picture = this.#given.picture ?? (src === '' ? undefined : { source: src, options: {} });
    if (picture === undefined && this.#isKept) this.#given.value = undefined;
    const { value } = this.#given;
    if (value !== undefined) this.#try(() => (annotator.value = value));
    if (picture !== undefined) void annotator.load(picture.source, picture.options).catch(() => {});
    this.#prefetchNext();
  }

  disconnectedCallback(): void {
    // Moving an element takes it off and puts it back in one turn: that must not throw everything away.
    this.#leaving = setTimeout(() => {
      if (!this.isConnected) this.destroy();
    });
  }

  attributeChangedCallback(name: AttributeName, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === 'src') {
      this.#given.picture = undefined;
      this.#forgetValue();
    }
    const annotator = this.#annotator;
    if (annotator === null) return;
    switch (name) {
      case 'src':
        if (after !== null && after !== '') void annotator.load(after).catch(() => {});
        break;
      case 'next-src':
        this.#prefetchNext();
        break;
      case 'model':
      case 'provider':
      case 'mode':
      case 'server':
      case 'assets':
        this.#restart();
        break;
      case 'classes':
        annotator.classes = this.#try(() => parseClasses(after)) ?? [];
        break;
      case 'class-id':
        annotator.classId = after;
        break;
      case 'lang':
        annotator.locale = this.#language() ?? 'en';
        break;
      case 'wheel':
        annotator.wheel = after === 'modifier' ? 'modifier' : 'plain';
        break;
      case 'right-click':
        annotator.rightClick = after === 'negative';
        break;
      case 'controlled':
        annotator.controlled = after !== null;
        break;
      case 'readonly':
        annotator.readOnly = after !== null;
        break;
      default:
        this.#applySetting(name);
    }
  }

  /** The annotator behind the element; null while it is not on a page. */
  get annotator(): Annotator | null {
    return this.#annotator;
  }

  /** The segmenter to use instead of one of the element's own; it stays the page's to close. */
  get segmenter(): Segmenter | SegmenterFactory | undefined {
    return this.#given.segmenter;
  }
  set segmenter(segmenter: Segmenter | SegmenterFactory | undefined) {
    if (this.#given.segmenter === segmenter) return;
    this.#given.segmenter = segmenter;
    this.#restart();
  }

  /** While a picture is on its way, what is set is its value: set `src` first. */
  get value(): AnnotatorValue {
    return this.#annotator?.value ?? this.#given.value ?? emptyValue;
  }
  set value(value: AnnotatorValue) {
    if (this.#annotator !== null) this.#annotator.value = value;
    this.#given.value = value;
    this.#isKept = false;
  }

  get classes(): readonly ObjectClass[] {
    return this.#annotator?.classes ?? this.#given.classes ?? [];
  }
  set classes(classes: readonly ObjectClass[]) {
    this.#given.classes = classes;
    if (this.#annotator !== null) this.#annotator.classes = classes;
  }

  get messages(): Partial<Messages> {
    return this.#given.messages ?? {};
  }
  set messages(messages: Partial<Messages>) {
    this.#given.messages = messages;
    if (this.#annotator !== null) this.#annotator.messages = messages;
  }

  get shortcuts(): Shortcuts | undefined {
    return this.#annotator?.shortcuts ?? this.#given.shortcuts;
  }
  set shortcuts(shortcuts: Shortcuts | undefined) {
    this.#given.shortcuts = shortcuts;
    if (this.#annotator !== null && shortcuts !== undefined) this.#annotator.shortcuts = shortcuts;
  }

  /** Refinement and post-processing asked of the segmenter. */
  get segmentOptions(): NonNullable<AnnotatorOptions['segmentOptions']> {
    return this.#given.segmentOptions ?? {};
  }
  set segmentOptions(options: NonNullable<AnnotatorOptions['segmentOptions']>) {
    this.#given.segmentOptions = options;
    if (this.#annotator !== null) this.#annotator.segmentOptions = options;
  }

  get src(): string | null {
    return this.getAttribute('src');
  }
  set src(address: string | null) {
    if (address === null) this.removeAttribute('src');
    else this.setAttribute('src', address);
  }

  /** Shows a picture: an address, a file, bytes, an `<img>`, a canvas. */
  async load(source: PictureSource, options: { readonly key?: string } = {}): Promise<void> {
    this.#given.picture = { source, options };
    this.#forgetValue();
    await this.#annotator?.load(source, options);
  }

  /** See {@link Annotator.getResult}. */
  getResult: Annotator['getResult'] = (format, id) => this.#need().getResult(format, id);
  /** See {@link Annotator.getLabelMap}. */
  getLabelMap: Annotator['getLabelMap'] = (values) => this.#need().getLabelMap(values);
  /** See {@link Annotator.exportLog}. */
  exportLog(): ReturnType<Annotator['exportLog']> {
    return this.#need().exportLog();
  }
  /** See {@link Annotator.replayLog}. */
  replayLog: Annotator['replayLog'] = (log) => this.#need().replayLog(log);

  /** Frees everything; the value is kept for when the element comes back. */
  destroy(): void {
    const annotator = this.#annotator;
    if (annotator === null) return;
    if (!annotator.awaitsPicture) this.#given.value = annotator.value;
    this.#isKept = true;
    this.#annotator = null;
    annotator.destroy();
  }

  /** Another picture is asked for: the value of the one before must not land on it. */
  #forgetValue(): void {
    const annotator = this.#annotator;
    const isOld = annotator === null ? this.#isKept : annotator.pictureSize !== null || annotator.awaitsPicture;
    if (isOld) this.#given.value = undefined;
  }

  #restart(): void {
    if (this.#annotator === null) return;
    this.destroy();
    if (this.isConnected) this.connectedCallback();
  }

  #need(): Annotator {
    if (this.#annotator === null) throw new ClickmaskError('closed', 'Expected the element to be on a page.');
    return this.#annotator;
  }

  #runtimeOptions(): RuntimeOptions {
    const read = (name: AttributeName) => this.getAttribute(name) ?? undefined;
    return {
      model: read('model'),
      provider: read('provider'),
      mode: read('mode'),
      server: read('server'),
      assets: read('assets'),
    };
  }

  #language(): string | null {
    const own = this.closest('[lang]')?.getAttribute('lang');
    return own === undefined || own === null || own === '' ? null : own;
  }

  #prefetchNext(): void {
    const next = this.getAttribute('next-src');
    if (next === null || next === '' || this.#annotator === null) return;
    // What cannot be fetched ahead is reported when it is shown.
    this.#annotator.prefetch(next).catch(() => {});
  }

  #applySetting(name: AttributeName): void {
    const annotator = this.#annotator;
    const change = this.#try(() => settingOf(name, this.getAttribute(name)));
    if (annotator !== null && change !== null && change !== undefined) {
      annotator.settings = { ...annotator.settings, ...change };
    }
  }

  #try<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#dispatch('error', { error: asClickmaskError(error) });
      return undefined;
    }
  }

  #dispatch(type: keyof AnnotatorEvents, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(`clickmask-${type}`, { detail, bubbles: true, composed: true }));
  }

  /** Properties that were set before the element was defined would hide the accessors. */
  #upgrade(): void {
    const own = this as unknown as Record<string, unknown>;
    for (const name of ['segmenter', 'value', 'classes', 'messages', 'shortcuts', 'segmentOptions', 'src']) {
      if (!Object.hasOwn(this, name)) continue;
      const held = own[name];
      delete own[name];
      own[name] = held;
    }
  }
}

type EventMap = HTMLElementEventMap & ClickmaskEventMap;

export interface ClickmaskAnnotatorElement {
  addEventListener<K extends keyof EventMap>(
    type: K,
    listener: (this: ClickmaskAnnotatorElement, event: EventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof EventMap>(
    type: K,
    listener: (this: ClickmaskAnnotatorElement, event: EventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'clickmask-annotator': ClickmaskAnnotatorElement;
  }
}

/**
 * Makes the element known to the page. Does nothing where there is no DOM, or the name is taken already.
 *
 * @example
 * ```ts
 * import { defineClickmaskAnnotator } from '@clickmask/browser-widget';
 *
 * defineClickmaskAnnotator();
 * ```
 */
export function defineClickmaskAnnotator(name = 'clickmask-annotator'): void {
  if (globalThis.customElements === undefined || customElements.get(name) !== undefined) return;
  // One class serves one name.
  customElements.define(
    name,
    name === 'clickmask-annotator' ? ClickmaskAnnotatorElement : class extends ClickmaskAnnotatorElement {},
  );
}
