export { runTrainCommand } from './train-command.js';
export { createTrainer, type Trainer, type TrainingRun, type TrainingState } from './trainer.js';
