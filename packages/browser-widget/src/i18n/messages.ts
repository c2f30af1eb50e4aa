/** Every text the widget shows or speaks. Words in braces are filled in. */
export interface Messages {
  readonly annotator: string;
  readonly stage: string;
  readonly stageHint: string;
  readonly toolbar: string;
  readonly positive: string;
  readonly negative: string;
  readonly box: string;
  readonly brush: string;
  readonly eraser: string;
  readonly pan: string;
  readonly brushSize: string;
  readonly undo: string;
  readonly redo: string;
  readonly nextCandidate: string;
  readonly zoomIn: string;
  readonly zoomOut: string;
  readonly zoomFit: string;
  readonly settings: string;
  readonly help: string;
  readonly close: string;
  readonly accept: string;
  /** On the button itself; part of `accept`. */
  readonly acceptShort: string;
  readonly newObject: string;
  readonly deleteObject: string;
  readonly deleteClick: string;
  readonly classes: string;
  readonly noClass: string;
  readonly objects: string;
  readonly noObjects: string;
  readonly object: string;
  readonly preview: string;
  readonly outlineOnly: string;
  readonly opacity: string;
  readonly detail: string;
  readonly largestPart: string;
  readonly fillHoles: string;
  readonly removeSpecks: string;
  readonly loadingModel: string;
  readonly loadingPicture: string;
  readonly preparing: string;
  readonly ready: string;
  readonly noPicture: string;
  readonly computing: string;
  readonly result: string;
  readonly noEffect: string;
  readonly emptyMask: string;
  readonly undone: string;
  readonly redone: string;
  readonly accepted: string;
  readonly objectDeleted: string;
  readonly clickDeleted: string;
  readonly clickSelected: string;
  readonly candidateShown: string;
  readonly position: string;
  readonly zoomLevel: string;
  readonly error: string;
  readonly retry: string;
  readonly fallback: string;
  readonly keyboard: string;
  readonly moveCrosshair: string;
  readonly moveFinely: string;
  readonly placeClick: string;
  readonly placeOpposite: string;
  readonly clickTool: string;
  readonly cancel: string;
  readonly selectClick: string;
  readonly selectObject: string;
  readonly chooseClass: string;
  readonly holdToPan: string;
  readonly pressTool: string;
  readonly boxBegun: string;
  readonly strokeBegun: string;
  readonly strokeDone: string;
  readonly painted: string;
}

/** Fills in the words in braces. */
export function fillIn(template: string, words: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in words ? String(words[name]) : whole));
}
