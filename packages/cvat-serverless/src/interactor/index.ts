export {
  createInteractor,
  type FunctionContext,
  type FunctionEvent,
  type Interactor,
  type InteractorOptions,
  type InteractorPostprocess,
  type InteractorReply,
  interactorDefaults,
  type ReplyTimings,
} from './interactor.js';
export { type InteractorRequest, parseRequest, type RequestPoint } from './parse-request.js';
