export { createInteractor } from './interactor.js';
export {
  type FunctionContext,
  type FunctionEvent,
  type Interactor,
  type InteractorOptions,
  type InteractorPostprocess,
  type InteractorReply,
  interactorDefaults,
  type ReplyTimings,
} from './interactor-contract.js';
