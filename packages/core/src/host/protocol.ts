import type { ClickmaskErrorCode, ErrorDetails } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import type { Features, View } from '../models/index.js';
import type { EngineStats } from '../segmenter/engine.js';
import type { Shrink } from '../segmenter/picture-store.js';
import type { PredictionData } from '../segmenter/prediction.js';
import type { EngineRequest } from '../segmenter/question.js';
import type { DraftMask, ImageSource, SegmenterInfo } from '../segmenter/segmenter.js';

/** The operations behind a port, with their input and output. All are structured-cloneable. */
export interface EngineOperations {
  load: {
    request: { readonly key: string; readonly source: ImageSource; readonly shrink?: Shrink };
    response: Size;
  };
  prepare: { request: { readonly key: string }; response: null };
  /** `drafts`: also send the mask of the first pass, as a separate message. */
  segment: { request: EngineRequest & { readonly drafts?: boolean }; response: PredictionData };
  /** A view's features as plain data, to decode clicks elsewhere. */
  features: { request: { readonly key: string; readonly view: View }; response: Features };
  forget: { request: { readonly key: string }; response: null };
  stats: { request: null; response: EngineStats };
  /** Answers when everything is freed. The server's side then closes the port. */
  dispose: { request: null; response: null };
}

export type Operation = keyof EngineOperations;

/** Client → server. */
export type RequestMessage = {
  [O in Operation]: { readonly id: number; readonly operation: O; readonly request: EngineOperations[O]['request'] };
}[Operation];

/** Client → server: nobody waits for this request any more. The request is still answered; this message is not. */
export interface AbandonMessage {
  readonly id: number;
  readonly operation: 'abandon';
}

/** An error as plain data; `ClickmaskError` does not survive structured cloning. */
export interface ErrorMessage {
  readonly code: ClickmaskErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** Server → client. The first message is `ready`, or `failed` if the model cannot be loaded. */
export type ResponseMessage =
  | { readonly type: 'ready'; readonly info: Omit<SegmenterInfo, 'workers'> }
  | { readonly type: 'failed'; readonly error: ErrorMessage }
  | { readonly type: 'draft'; readonly id: number; readonly draft: DraftMask }
  | { readonly type: 'done'; readonly id: number; readonly response: EngineOperations[Operation]['response'] }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorMessage };

/** The common part of Node's `MessagePort`, the browser's `MessagePort`, and worker scopes. */
export interface PortLike {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  close(): void;
}
