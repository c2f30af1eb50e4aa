export {
  type PredictRequest,
  type PredictTask,
  parseBody,
  predictSchema,
  projectId,
  setupSchema,
  webhookSchema,
} from './requests.js';
