import { ClickmaskError, type Segmenter } from '@clickmask/core';
import { emptyValue, type SessionValue, takeValue } from '@clickmask/core/session';
import { createShelf } from '../annotation/shelf.js';
import { createAnnotator } from '../annotator/annotator.js';
import type { Annotator, AnnotatorEvents } from '../annotator/api.js';
import { keyIn } from '../arguments.js';
import { asClickmaskError, coded } from '../errors.js';
import type { SegmenterFactory } from '../picture/opener.js';
import type { PictureSource } from '../picture/picture.js';
import { createDefaultSegmenter, type RuntimeOptions } from '../runtime.js';
import { type AnnotatorProperties, propertyTable } from '../state/properties.js';
import { attributesOf, readAttribute, type Table, taken } from '../state/property.js';
import { type AnnotatorSettings, settingTable } from '../state/settings.js';

/** The events of `<clickmask-annotator>`, for `addEventListener`. */
export interface ClickmaskEventMap {
  'clickmask-change': CustomEvent<AnnotatorEvents['change']>;
  'clickmask-accept': CustomEvent<AnnotatorEvents['accept']>;
  'clickmask-progress': CustomEvent<AnnotatorEvents['progress']>;
  'clickmask-error': CustomEvent<AnnotatorEvents['error']>;
  'clickmask-ready': CustomEvent<AnnotatorEvents['ready']>;
  'clickmask-picture': CustomEvent<AnnotatorEvents['picture']>;
  'clickmask-settings': CustomEvent<AnnotatorEvents['settings']>;
}

const toldEvents = ['change', 'accept', 'progress', 'error', 'ready', 'picture', 'settings'] as const;

/** Attributes that say where the network runs. A change restarts the segmenter. */
const runtimeAttributes = ['model', 'provider', 'mode', 'server', 'assets'] as const;

/** Attributes that stand for properties and settings. */
const tableAttributes = /*#__PURE__*/ [propertyTable, settingTable].flatMap((table) => attributesOf<object>(table));

/** Properties that the element shares with the annotator. */
const ownProperties = ['classes', 'messages', 'shortcuts', 'segmentOptions'] as const;
type OwnProperties = { -readonly [K in (typeof ownProperties)[number]]: AnnotatorProperties[K] };

// The module can be imported without a DOM, for example in server-side rendering.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * The custom element `<clickmask-annotator>`. It works while it is in a page. Removing it frees the model, the image
 * and all memory. Back in a page, it starts again with the same value.
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
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface types events, and properties that stand in a table
export class ClickmaskAnnotatorElement extends Base {
  static get observedAttributes(): readonly string[] {
    return ['src', 'next-src', 'lang', ...runtimeAttributes, ...tableAttributes];
  }

  #annotator: Annotator | null = null;
  /** The last setting by attribute or script. Kept while the element is off the page. */
  #properties: Partial<AnnotatorProperties> = {};
  #settings: Partial<AnnotatorSettings> = {};
  #segmenter: Segmenter | SegmenterFactory | undefined;
  /** What `load()` was called with. Takes precedence over `src`. */
  #picture: { readonly source: PictureSource; readonly options: { readonly key?: string } } | undefined;
  /** The value when the element left its page; empty once another image is requested. */
  #left: SessionValue = emptyValue;
  readonly #shelf = createShelf();
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    for (const name of ownProperties) {
      // A property set before the element was defined would hide the accessor.
      const early = Object.hasOwn(this, name) ? this[name] : undefined;
      Object.defineProperty(this, name, {
        configurable: true,
        enumerable: true,
        get: () => this.#annotator?.[name] ?? this.#properties[name] ?? propertyTable[name].initial,
        set: (value: never) => this.#setProperties({ [name]: value }),
      });
      if (early !== undefined) this.#try(() => this.#setProperties({ [name]: early }));
    }
  }

  connectedCallback(): void {
    clearTimeout(this.#leaving);
    if (this.#annotator !== null) return;
    this.#upgrade();
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open', delegatesFocus: true });
    const language = this.#language();
    const annotator = createAnnotator(root, {
      ...(language === null ? {} : { locale: language }),
      ...this.#properties,
      settings: this.#settings,
      segmenter: this.#segmenter ?? ((report) => createDefaultSegmenter(this.#runtimeOptions(), report)),
      shelf: this.#shelf,
    });
    this.#annotator = annotator;
    for (const type of toldEvents) annotator.on(type, (detail) => this.#dispatch(type, detail));
    annotator.on('picture', ({ source }) => {
      this.#picture = { source, options: {} };
      this.#left = emptyValue;
    });
    const src = this.src ?? '';
    const picture = this.#picture ?? (src === '' ? undefined : { source: src, options: {} });
    if (picture !== undefined) void annotator.load(picture.source, picture.options).catch(() => {});
    this.#prefetchNext();
  }

  disconnectedCallback(): void {
    // Moving an element removes and inserts it within one task. That must not discard everything.
    this.#leaving = setTimeout(() => {
      if (!this.isConnected) this.destroy();
    });
  }

  /** In another document, as a frame's, its style sheet does not hold: it starts anew there. */
  adoptedCallback(): void {
    this.#restart();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (tableAttributes.includes(name)) {
      this.#readAttribute(name, after);
    } else if (name === 'src') {
      this.#picture = undefined;
      this.#left = emptyValue;
      if (after !== null && after !== '') void this.#annotator?.load(after).catch(() => {});
    } else if (name === 'next-src') this.#prefetchNext();
    else if (name === 'lang') {
      if (this.#annotator !== null) this.#annotator.locale = this.#language() ?? 'en';
    } else this.#restart();
  }

  /** The annotator behind the element; null while it is not on a page. */
  get annotator(): Annotator | null {
    return this.#annotator;
  }

  /** A segmenter to use instead of the element's own. The page closes it. */
  get segmenter(): Segmenter | SegmenterFactory | undefined {
    return this.#segmenter;
  }
  set segmenter(segmenter: Segmenter | SegmenterFactory | undefined) {
    if (this.#segmenter === segmenter) return;
    this.#segmenter = segmenter;
    this.#restart();
  }

  /** A value that is set while an image loads belongs to that image: set `src` first. */
  get value(): SessionValue {
    return this.#annotator?.value ?? this.#shelf.coming ?? this.#left;
  }
  set value(value: SessionValue) {
    if (this.#annotator !== null) this.#annotator.value = value;
    else this.#shelf.coming = coded(() => takeValue(value, null));
  }

  get src(): string | null {
    return this.getAttribute('src');
  }
  set src(address: string | null) {
    if (address === null) this.removeAttribute('src');
    else this.setAttribute('src', address);
  }

  /** Shows an image: an address, a file, bytes, an `<img>`, a canvas. */
  async load(source: PictureSource, options?: { readonly key?: string }): Promise<void> {
    const key = coded(() => keyIn(options));
    this.#picture = { source, options: key === undefined ? {} : { key } };
    this.#left = emptyValue;
    await this.#annotator?.load(source, this.#picture.options);
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

  /** See {@link Annotator.markSaved}. */
  markSaved(): void {
    this.#need().markSaved();
  }

  /** Frees everything. The objects of each image stay for the element's return. */
  destroy(): void {
    const annotator = this.#annotator;
    if (annotator === null) return;
    this.#left = annotator.value;
    this.#settings = annotator.settings;
    this.#annotator = null;
    annotator.destroy();
  }

  /** Applies an attribute. A text without a meaning is reported, and counts as absent. */
  #readAttribute(name: string, text: string | null): void {
    const read = <V>(table: Table<V>) =>
      this.#try(() => readAttribute(table, name, text)) ?? readAttribute(table, name, null) ?? {};
    this.#setProperties(read(propertyTable));
    this.#setSettings(read(settingTable));
  }

  #setProperties(given: Partial<AnnotatorProperties>): void {
    const change = taken(propertyTable, given);
    this.#properties = { ...this.#properties, ...change };
    if (this.#annotator !== null) Object.assign(this.#annotator, change);
  }

  #setSettings(change: Partial<AnnotatorSettings>): void {
    this.#settings = { ...this.#settings, ...change };
    if (this.#annotator !== null && Object.keys(change).length > 0)
      this.#annotator.settings = { ...this.#annotator.settings, ...change };
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
    return Object.fromEntries(runtimeAttributes.map((name) => [name, this.getAttribute(name) ?? undefined]));
  }

  #language(): string | null {
    const own = this.closest('[lang]')?.getAttribute('lang');
    return own === undefined || own === null || own === '' ? null : own;
  }

  #prefetchNext(): void {
    const next = this.getAttribute('next-src');
    if (next === null || next === '' || this.#annotator === null) return;
    // A failed prefetch is reported when the image is shown.
    this.#annotator.prefetch(next).catch(() => {});
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

  /** Properties set before the element was defined would hide the accessors. */
  #upgrade(): void {
    for (const name of ['segmenter', 'value'] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete (this as Record<string, unknown>)[name];
      Object.assign(this, { [name]: value });
    }
  }
}

type EventMap = HTMLElementEventMap & ClickmaskEventMap;

export interface ClickmaskAnnotatorElement extends OwnProperties {
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
 * Defines the element. Does nothing without a DOM, or if the name is already defined.
 *
 * @example
 * ```ts
 * import { defineClickmaskAnnotator } from '@clickmask/browser-widget';
 *
 * defineClickmaskAnnotator();
 * ```
 */
export function defineClickmaskAnnotator(name = 'clickmask-annotator'): void {
  coded(() => {
    if (globalThis.customElements === undefined || customElements.get(name) !== undefined) return;
    // A class can be defined under one name only.
    customElements.define(
      name,
      name === 'clickmask-annotator' ? ClickmaskAnnotatorElement : class extends ClickmaskAnnotatorElement {},
    );
  });
}
