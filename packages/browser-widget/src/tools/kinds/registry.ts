import { box } from './box.js';
import { brush } from './brush.js';
import { eraser } from './eraser.js';
import { pan } from './pan.js';
import type { Titles, ToolKind } from './tool-kind.js';

/** Every tool with a button, in the order of the buttons. A new one is a file and a line here. */
const kinds = [box, brush, eraser, pan] as const;

/** Name of a tool that has a button of its own. */
export type ToolName = (typeof kinds)[number]['name'];

/** What presses on the image do: the name of a tool, or `click`, which adds clicks and is there when no tool is. */
export type Tool = 'click' | ToolName;

export const toolKinds: readonly (ToolKind & { readonly name: ToolName })[] = kinds;

/** Names of all tools, clicking first. */
export const toolNames: readonly Tool[] = /*#__PURE__*/ [
  'click',
  .../*#__PURE__*/ kinds.map(({ name }) => name),
] as Tool[];

/** What is known of a tool; null: clicks. */
export function kindOf(tool: Tool): ToolKind | null {
  return toolKinds.find(({ name }) => name === tool) ?? null;
}

/** What a press with this tool draws with: itself, or its opposite. */
export function turnedTool(tool: Tool, turned: boolean): Tool {
  return turned ? ((kindOf(tool)?.opposite as Tool | undefined) ?? tool) : tool;
}

/** The names of the tools in a language, as texts by the tools' names. */
export function toolTitles(language: keyof Titles): Readonly<Record<ToolName, string>> {
  const titles = toolKinds.map(({ name, titles }) => [name, titles[language]] as const);
  return Object.fromEntries(titles) as Record<ToolName, string>;
}

/** The keys that choose tools, as `Shortcuts` has them. */
export function toolKeys(): Readonly<Record<string, `tool-${ToolName}`>> {
  return Object.fromEntries(toolKinds.map(({ name, key }) => [key, `tool-${name}` as const]));
}
