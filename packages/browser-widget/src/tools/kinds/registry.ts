import { box } from './box.js';
import { brush } from './brush.js';
import { eraser } from './eraser.js';
import { pan } from './pan.js';
import type { Titles, ToolKind } from './tool-kind.js';

/** Every tool with a button, in the buttons' order. A new tool is a file and a line here. */
const kinds = [box, brush, eraser, pan] as const;

/** Name of a tool with a button. */
export type ToolName = (typeof kinds)[number]['name'];

/** What presses on the image do: the name of a tool, or `click`, which adds clicks and is the default. */
export type Tool = 'click' | ToolName;

export const toolKinds: readonly (ToolKind & { readonly name: ToolName })[] = kinds;

/** Names of all tools, `click` first. */
export const toolNames: readonly Tool[] = /*#__PURE__*/ [
  'click',
  .../*#__PURE__*/ kinds.map(({ name }) => name),
] as Tool[];

/** Looks a tool up; null for `click`. */
export function kindOf(tool: Tool): ToolKind | null {
  return toolKinds.find(({ name }) => name === tool) ?? null;
}

/** The tool that a press uses: this one or its opposite. */
export function turnedTool(tool: Tool, turned: boolean): Tool {
  return turned ? ((kindOf(tool)?.opposite as Tool | undefined) ?? tool) : tool;
}

/** The tools' names in a language, as texts. */
export function toolTitles(language: keyof Titles): Readonly<Record<ToolName, string>> {
  const titles = toolKinds.map(({ name, titles }) => [name, titles[language]] as const);
  return Object.fromEntries(titles) as Record<ToolName, string>;
}

/** The tools' keys, in the form of `Shortcuts`. */
export function toolKeys(): Readonly<Record<string, `tool-${ToolName}`>> {
  return Object.fromEntries(toolKinds.map(({ name, key }) => [key, `tool-${name}` as const]));
}
