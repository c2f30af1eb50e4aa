import type { ClickLabel, Size } from '@clickmask/core';
import { type CleanUp, noCleanUp } from '../results/clean-up.js';
import { type Tool, toolNames } from '../tools/kinds/registry.js';
import { choice, flag, initialOf, range, type Table, taken } from './property.js';

/** What the user can set in the widget, and the page by attributes and properties. */
export interface AnnotatorSettings {
  /** Default `click`. */
  readonly tool: Tool;
  /** The sign of a plain click. Shift or Alt reverses it. Default `positive`. */
  readonly label: ClickLabel;
  /** Radius of brush and eraser on the screen, in CSS px. Default 14. */
  readonly brushRadius: number;
  /** Previews a click under the pointer. Default true. */
  readonly preview: boolean;
  /** Default false. */
  readonly outlineOnly: boolean;
  /** Fill opacity of masks, 0 to 1. Default 0.45. */
  readonly opacity: number;
  /** Detail of outlines, 0 to 1: 1 keeps every pixel, less gives fewer corners. Default 1. */
  readonly detail: number;
  /** Default false. */
  readonly largestPart: boolean;
  /** Fills all holes. Default false. */
  readonly fillHoles: boolean;
  /** Drops parts smaller than 1/5000 of the image. Default false. */
  readonly removeSpecks: boolean;
}

/** Every setting: its attribute, range and default. */
export const settingTable: Table<AnnotatorSettings> = {
  tool: /*#__PURE__*/ choice('tool', toolNames, 'click'),
  label: /*#__PURE__*/ choice('label', ['positive', 'negative'], 'positive'),
  brushRadius: /*#__PURE__*/ range('brush-radius', 2, 100, 14),
  preview: /*#__PURE__*/ flag('no-preview', false),
  outlineOnly: /*#__PURE__*/ flag('outline-only'),
  opacity: /*#__PURE__*/ range('opacity', 0, 1, 0.45),
  detail: /*#__PURE__*/ range('detail', 0, 1, 1),
  largestPart: /*#__PURE__*/ flag('largest-part'),
  fillHoles: /*#__PURE__*/ flag('fill-holes'),
  removeSpecks: /*#__PURE__*/ flag('remove-specks'),
};

/**
 * The default settings of an annotator.
 *
 * @example
 * ```ts
 * import { defaultSettings } from '@clickmask/browser-widget';
 *
 * console.log(defaultSettings.tool, defaultSettings.preview); // click true
 * ```
 */
export const defaultSettings: AnnotatorSettings = /*#__PURE__*/ initialOf(settingTable);

/**
 * Applies a change by the page or the user to the settings.
 *
 * @throws ClickmaskError `bad-option` for a value that a setting cannot have
 */
export function changedSettings(settings: AnnotatorSettings, change: Partial<AnnotatorSettings>): AnnotatorSettings {
  return { ...settings, ...taken(settingTable, change) };
}

/** The clean-up that the settings mean for an image of this size. */
export function cleanUpFor(settings: AnnotatorSettings, size: Size): CleanUp {
  return {
    ...noCleanUp,
    largestPart: settings.largestPart,
    fillHoles: settings.fillHoles ? Number.POSITIVE_INFINITY : 0,
    removeSpecks: settings.removeSpecks ? Math.max(2, Math.round((size.width * size.height) / 5000)) : 0,
    detail: Math.min(1, Math.max(0, settings.detail)),
  };
}
