export { createPlanner, type Planner, type PlannerOptions } from './plan-next.js';
export { predict } from './predict.js';
export { preparePictures } from './prepare.js';
export type { LabelStudioPrediction, PredictAnswer, PredictCall, PredictServices } from './services.js';
