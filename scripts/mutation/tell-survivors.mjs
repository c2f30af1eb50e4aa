// For `npm run mutate`: tells each fault that no test noticed as soon as it is known, and how far the run is.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { survivorOf } from './survivor.mjs';

class SurvivorReporter {
  #done = 0;
  #all = 0;

  onMutationTestingPlanReady({ mutantPlans }) {
    this.#all = mutantPlans.length;
  }

  onMutantTested(mutant) {
    this.#done++;
    if (mutant.status === 'Survived' || mutant.status === 'NoCoverage') {
      const file = relative(process.cwd(), mutant.fileName);
      const { accepted, text } = survivorOf(file, readFileSync(file, 'utf8'), mutant);
      if (!accepted) console.log(text);
    }
    if (this.#done % 25 === 0) console.log(`${this.#done} of ${this.#all} faults tried`);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Reporter, 'survivors', SurvivorReporter)];
