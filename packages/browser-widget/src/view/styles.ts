/** The widget's style sheet. Pages may change the custom properties at the top, and the parts. */
const styles = `
:host {
  display: block;
  height: var(--clickmask-height, 36rem);
  min-height: 18rem;
  contain: layout;
}
:host([hidden]) { display: none; }
.breadth { display: flex; flex-wrap: wrap; height: 0; overflow: hidden; visibility: hidden; }
.breadth i { flex: none; width: 18rem; }
.root {
  --accent: var(--clickmask-accent, light-dark(#0b63ce, #6cb2ff));
  --accent-text: var(--clickmask-accent-text, light-dark(#ffffff, #08203c));
  --surface: var(--clickmask-surface, light-dark(#ffffff, #1d2126));
  --text: var(--clickmask-text, light-dark(#1b1f24, #eceff3));
  --muted: var(--clickmask-muted, light-dark(#57606a, #a9b4c0));
  --border: var(--clickmask-border, light-dark(#d0d7de, #3b434c));
  --stage: var(--clickmask-stage-background, light-dark(#e6e9ed, #0f1216));
  --danger: var(--clickmask-danger, light-dark(#b3261e, #ff9c94));
  --positive: var(--clickmask-positive, light-dark(#0b7d3e, #56d68a));
  --target: var(--clickmask-target, 44px);
  --radius: var(--clickmask-radius, 8px);
  container-type: size;
  position: relative;
  height: 100%;
  min-height: inherit;
  box-sizing: border-box;
  color-scheme: var(--clickmask-color-scheme, inherit);
  color: var(--text);
  background: var(--surface);
  border: 1px solid var(--border);
  border-radius: var(--radius);
  overflow: hidden;
  font: 14px/1.4 var(--clickmask-font, system-ui, sans-serif);
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.layout { display: grid; height: 100%; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr) auto; }
[role="toolbar"] {
  grid-column: 1 / -1;
  display: flex; flex-wrap: wrap; gap: 2px; padding: 4px;
  border-bottom: 1px solid var(--border);
}
.group { display: flex; align-items: center; gap: 2px; }
.group + .group { margin-inline-start: 4px; padding-inline-start: 6px; border-inline-start: 1px solid var(--border); }
.group.end { margin-inline-start: auto; padding-inline-start: 0; border: 0; }
.sheet { display: flex; flex-wrap: wrap; gap: 2px; margin-inline-start: 4px; }
.sheet .group:first-child { padding-inline-start: 6px; border-inline-start: 1px solid var(--border); }
button.more { display: none; }
[dir="rtl"] [part~="undo"] svg, [dir="rtl"] [part~="redo"] svg { transform: scaleX(-1); }
button {
  font: inherit; color: inherit; background: none; border: 1px solid transparent; cursor: pointer;
  min-width: var(--target); min-height: var(--target);
  padding: 4px 8px; border-radius: calc(var(--radius) * 0.75);
  display: inline-flex; align-items: center; justify-content: center; gap: 6px;
  touch-action: manipulation;
}
button:hover { background: color-mix(in srgb, var(--text) 9%, transparent); }
button[aria-pressed="true"], button[aria-checked="true"], button[aria-expanded="true"], button[aria-current="true"] {
  background: color-mix(in srgb, var(--accent) 16%, transparent);
  border-color: var(--accent);
}
button[aria-disabled="true"] { opacity: 0.4; cursor: default; background: none; }
button.primary { background: var(--accent); color: var(--accent-text); padding-inline: 14px; font-weight: 600; }
button.primary:hover { background: color-mix(in srgb, var(--accent) 88%, var(--text)); }
button.primary[aria-disabled="true"] { background: var(--accent); }
button.positive[aria-pressed="true"] { color: var(--positive); border-color: currentColor; }
button.negative[aria-pressed="true"] { color: var(--danger); border-color: currentColor; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; flex: none; }
.stage-frame { position: relative; display: grid; min-height: 0; }
.stage {
  position: relative; min-height: 0; overflow: hidden; background: var(--stage);
  touch-action: none; user-select: none; -webkit-user-select: none; cursor: crosshair;
}
.stage[data-press="pan"], .stage[data-panning] { cursor: grab; }
.stage[data-panning]:active, .stage[data-press="pan"]:active { cursor: grabbing; }
.stage[data-press="line"] { cursor: none; }
.stage:focus-visible { outline-offset: -4px; box-shadow: inset 0 0 0 2px var(--surface); }
.corner { position: absolute; width: 0; height: 0; pointer-events: none; }
.corner.left { left: 0; }
.corner.right { left: 100%; }
.corner.top { top: 0; }
.corner.bottom { top: 100%; }
.stage canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.notice {
  position: absolute; inset: auto 0 16px 0; margin: 0 auto; width: fit-content; max-width: calc(100% - 32px);
  padding: 8px 14px; border-radius: 999px; pointer-events: none;
  background: color-mix(in srgb, var(--surface) 92%, transparent); color: var(--text); border: 1px solid var(--border);
}
.notice:empty { display: none; }
.stage-frame:has(.readings:not([hidden])) .notice { inset-block-end: 92px; }
.readings {
  position: absolute; inset-block-end: 12px; inset-inline: 12px; display: flex; justify-content: center; gap: 6px; pointer-events: none;
}
.readings button {
  position: relative; padding: 3px; background: var(--surface); border: 2px solid var(--border); pointer-events: auto;
}
.readings canvas { display: block; width: 56px; height: 56px; border-radius: 4px; }
.readings kbd { position: absolute; inset-block-start: 4px; inset-inline-start: 4px; background: var(--surface); color: var(--text); }
.readings button[aria-pressed="true"] { border-color: var(--accent); background: var(--surface); box-shadow: 0 0 0 2px var(--accent); }
.bar { position: absolute; inset: 0 0 auto 0; height: 3px; overflow: hidden; opacity: 0; }
.bar[data-busy] { opacity: 1; }
.bar i { position: absolute; inset: 0; width: var(--part, 30%); background: var(--accent); }
.bar:not([data-known]) i { animation: slide 1.1s ease-in-out infinite; }
@keyframes slide { from { transform: translateX(-100%); } to { transform: translateX(334%); } }
@media (prefers-reduced-motion: reduce) { .bar:not([data-known]) i { animation: none; width: 100%; opacity: 0.6; } }
.panel {
  width: 13.5rem; min-height: 0; overflow: auto; padding: 8px; border-inline-start: 1px solid var(--border);
  display: flex; flex-direction: column; gap: 12px;
}
.panel h2 { font-size: 12px; font-weight: 600; margin: 0 0 4px; color: var(--muted); }
.chips, .objects { display: flex; flex-direction: column; gap: 2px; margin: 0; padding: 0; list-style: none; }
.chips button, .objects button:first-child { width: 100%; justify-content: flex-start; text-align: start; }
.objects li { display: flex; gap: 2px; }
.objects button:first-child { min-width: 0; flex: 1; }
.objects span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.dot { width: 14px; height: 14px; border-radius: 4px; flex: none; border: 1px solid color-mix(in srgb, var(--text) 50%, transparent); }
kbd { margin-inline-start: auto; font: 11px/1.6 ui-monospace, monospace; padding: 0 5px; border: 1px solid var(--border); border-radius: 4px; color: var(--muted); }
.empty { color: var(--muted); margin: 0; }
.status {
  grid-column: 1 / -1; display: flex; align-items: center; gap: 10px; flex-wrap: wrap;
  padding: 2px 10px; min-height: 32px; border-top: 1px solid var(--border); color: var(--muted); font-size: 13px;
}
.status .text { flex: 1 1 12rem; }
.retry { border-color: currentColor; color: var(--text); }
.status[data-error] .text { color: var(--danger); }
.settings {
  position: absolute; z-index: 2; inset-block-start: calc(var(--target) + 14px); inset-inline-end: 8px; width: min(20rem, calc(100% - 16px));
  max-height: calc(100% - var(--target) - 24px); overflow: auto;
  padding: 12px; background: var(--surface); border: 1px solid var(--border); border-radius: var(--radius);
  box-shadow: 0 8px 28px rgb(0 0 0 / 0.28);
}
.settings label { display: flex; align-items: center; gap: 10px; min-height: var(--target); }
.settings label span { flex: 1; }
.settings input[type="range"] { width: 9rem; accent-color: var(--accent); min-height: 28px; }
.settings input[type="checkbox"] { width: 20px; height: 20px; accent-color: var(--accent); }
dialog {
  color: var(--text); background: var(--surface); border: 1px solid var(--border); border-radius: var(--radius);
  max-width: min(34rem, 92vw); max-height: 80vh; padding: 16px;
}
dialog::backdrop { background: rgb(0 0 0 / 0.45); }
dialog header { display: flex; align-items: center; justify-content: space-between; }
dialog h2 { font-size: 18px; margin: 0; }
dialog h3 { font-size: 14px; margin: 14px 0 0; color: var(--muted); }
dialog dl { display: grid; grid-template-columns: minmax(6rem, 13rem) minmax(0, 1fr); gap: 6px 16px; margin: 6px 0 0; align-items: baseline; }
dialog dt { display: flex; flex-wrap: wrap; gap: 4px; }
dialog dt kbd { margin: 0; }
dialog dd { margin: 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@container (max-width: 56rem) {
  .primary .label { display: none; }
}
/* All tools in one row: what is less used lies in a sheet. */
@container (max-width: 50rem) {
  [role="toolbar"] { flex-wrap: nowrap; position: relative; }
  button.more { display: inline-flex; }
  button.more[data-active] { color: var(--accent); border-color: currentColor; }
  .sheet {
    display: none; position: absolute; z-index: 2; inset-block-start: 100%; inset-inline: 0; margin: 0; padding: 6px; gap: 6px 10px;
    justify-content: center; background: var(--surface); border-block-end: 1px solid var(--border); box-shadow: 0 12px 20px rgb(0 0 0 / 0.25);
  }
  [data-more] .sheet { display: flex; }
  .group + .group { margin: 0; padding: 0; border: 0; }
  .sheet .group:first-child { padding: 0; border: 0; }
  .group.end { margin-inline-start: auto; }
}
@container (max-width: 44rem) {
  dialog dl { grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); }
  /* The picture keeps its place and size: every row around it has a height of its own. */
  .layout { grid-template: auto minmax(0, 1fr) auto auto / minmax(0, 1fr); }
  .panel {
    width: auto; height: calc(var(--target) + 13px); overflow: auto hidden; flex-direction: row; align-items: center;
    border-inline-start: 0; border-top: 1px solid var(--border); gap: 6px; padding: 6px; scrollbar-width: thin;
  }
  .panel section { flex: none; }
  .panel h2 { display: none; }
  .chips, .objects { flex-direction: row; }
  .chips button, .objects button:first-child { width: auto; white-space: nowrap; }
  .chips kbd, .readings kbd { display: none; }
  .empty { white-space: nowrap; }
  .status { flex-wrap: nowrap; height: calc(var(--target) + 6px); min-height: 0; }
  .status .text { flex: 1 1 0; max-height: 2.6em; overflow: hidden; line-height: 1.3; }
  .runtime { display: none; }
  .notice { inset-block-end: 8px; border-radius: 10px; font-size: 13px; }
}
/* A phone on its side: the picture has what height there is. */
@container (max-height: 26rem) {
  .status:not([data-error]) { display: none; }
  .notice { inset-block-end: 6px; padding: 4px 10px; }
  .panel { gap: 4px; padding: 6px; width: 11rem; }
}
@container (max-height: 26rem) and (max-width: 44rem) {
  .panel { width: auto; }
}
@media (forced-colors: active) {
  button[aria-pressed="true"], button[aria-checked="true"], button[aria-current="true"] { border: 3px solid Highlight; }
  .dot { forced-color-adjust: none; }
}
`;

/** Adds the style sheet to a shadow root, even on pages without inline styles. Returns a function that removes it. */
export function applyStyles(root: ShadowRoot): () => void {
  // A root accepts only sheets made in its own window.
  const { CSSStyleSheet } = root.ownerDocument.defaultView ?? globalThis;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  return () => {
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}
