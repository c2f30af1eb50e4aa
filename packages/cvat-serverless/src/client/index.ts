export { type CvatClient, type CvatClientOptions, createCvatClient } from './cvat-client.js';
export { type FunctionInfo, identifyServer, type ServerIdentity } from './identify-server.js';
export { type InvokeOptions, type InvokeResult, invokeFunction, type Point } from './invoke-function.js';
export type {
  CvatAnnotations,
  CvatAuth,
  CvatDataMeta,
  CvatFunction,
  CvatJob,
  CvatKeyframe,
  CvatLabel,
  CvatRequest,
  CvatServer,
  CvatShape,
  CvatTrack,
  FunctionKind,
  InteractorCall,
  NewCvatRequest,
  ShapeType,
} from './types.js';
