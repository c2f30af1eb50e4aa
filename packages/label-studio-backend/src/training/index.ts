export { runTrainCommand } from './train-command.js';
export { createTrainer, type OnTrain, type Trainer, type TrainingRun, type TrainingState } from './trainer.js';
