/**
 * The module that a deployed function runs: an interactor with the model and settings from the environment. nuclio
 * calls `initContext` and `handler`; this package's wrapper also calls `closeContext`.
 */
import type { FunctionContext, FunctionEvent, Interactor } from '../interactor/index.js';
import { createFunction } from './create-function.js';
import { readFunctionSettings } from './settings.js';

let interactor: Interactor | null = null;

/** Loads the model. Rejects with what is wrong in the settings or the folder. */
export async function initContext(context?: unknown): Promise<void> {
  const started = performance.now();
  interactor ??= createFunction(readFunctionSettings(process.env));
  await interactor.initContext(context);
  const { logger } = (context ?? {}) as Partial<FunctionContext>;
  logger?.info?.(`Clickmask is ready after ${Math.round(performance.now() - started)} ms`, await interactor.info());
}

/** Answers one event. */
export async function handler(context: FunctionContext, event: FunctionEvent): Promise<void> {
  try {
    // Wrappers that do not call or await initContext come here first.
    interactor ??= createFunction(readFunctionSettings(process.env));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.logger?.error?.(message);
    context.callback([500, { error: { code: 'bad-option', message } }]);
    return;
  }
  await interactor.handler(context, event);
}

/** Finishes running requests and frees everything. */
export async function closeContext(): Promise<void> {
  await interactor?.close();
  interactor = null;
}
