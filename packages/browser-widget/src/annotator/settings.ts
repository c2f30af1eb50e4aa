import type { ClickLabel, Size } from '@clickmask/core';
import { type CleanUp, noCleanUp } from '../value/shape.js';

/** `click` adds clicks, `box` draws the box to start from, `brush` and `eraser` paint, `pan` moves the picture. */
export type Tool = 'click' | 'box' | 'brush' | 'eraser' | 'pan';

/** What the user can set in the widget, and the page through attributes and properties. */
export interface AnnotatorSettings {
  /** Default `click`. */
  readonly tool: Tool;
  /** What a plain click means; Shift or Alt turns it round. Default `positive`. */
  readonly label: ClickLabel;
  /** Radius of brush and eraser on the screen, in CSS px. Default 14. */
  readonly brushRadius: number;
  /** Shows what a click under the pointer would give. Default true. */
  readonly preview: boolean;
  /** Default false. */
  readonly outlineOnly: boolean;
  /** Of the mask's area, 0 to 1. Default 0.45. */
  readonly opacity: number;
  /** How faithful outlines are: 1 keeps every pixel, less gives fewer corners. Default 1. */
  readonly detail: number;
  /** Default false. */
  readonly largestPart: boolean;
  /** Fills all holes. Default false. */
  readonly fillHoles: boolean;
  /** Drops parts smaller than 1/5000 of the picture. Default false. */
  readonly removeSpecks: boolean;
}

/**
 * The settings of an annotator that is told nothing else.
 *
 * @example
 * ```ts
 * import { defaultSettings } from '@clickmask/browser-widget';
 *
 * console.log(defaultSettings.tool, defaultSettings.preview); // click true
 * ```
 */
export const defaultSettings: AnnotatorSettings = Object.freeze({
  tool: 'click',
  label: 'positive',
  brushRadius: 14,
  preview: true,
  outlineOnly: false,
  opacity: 0.45,
  detail: 1,
  largestPart: false,
  fillHoles: false,
  removeSpecks: false,
});

/** What the settings mean for the masks of a picture of this size. */
export function cleanUpFor(settings: AnnotatorSettings, size: Size): CleanUp {
  return {
    ...noCleanUp,
    largestPart: settings.largestPart,
    fillHoles: settings.fillHoles ? Number.POSITIVE_INFINITY : 0,
    removeSpecks: settings.removeSpecks ? Math.max(2, Math.round((size.width * size.height) / 5000)) : 0,
    detail: Math.min(1, Math.max(0, settings.detail)),
  };
}
