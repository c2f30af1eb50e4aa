export interface FileActions {
  /** Whether the widget handles dropped or pasted files at all. */
  readonly mode: () => 'load' | 'ignore' | 'page';
  take(file: File): void;
}

/** Handles files that are dropped on an element or pasted into it. Returns a function that stops it. */
export function listenToFiles(root: HTMLElement, actions: FileActions): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const isOurs = (data: DataTransfer | null) => actions.mode() !== 'page' && data?.types.includes('Files') === true;
  const over = (event: DragEvent) => {
    if (event.defaultPrevented || !isOurs(event.dataTransfer)) return;
    // Otherwise the browser would leave the page for the file, and all work would be lost.
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = actions.mode() === 'load' ? 'copy' : 'none';
  };
  root.addEventListener('dragenter', over, { signal });
  root.addEventListener('dragover', over, { signal });
  const take = (event: DragEvent | ClipboardEvent, data: DataTransfer | null) => {
    if (event.defaultPrevented || !isOurs(data)) return;
    const file = data?.files[0];
    event.preventDefault();
    if (file !== undefined && actions.mode() === 'load') actions.take(file);
  };
  root.addEventListener('drop', (event) => take(event, event.dataTransfer), { signal });
  root.addEventListener('paste', (event) => take(event, event.clipboardData), { signal });
  return () => controller.abort();
}
