import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    seed: number | null;
  }
}

// With TEST_SEED, property tests try the same cases in each run; without it, new ones.
const seed = inject('seed');
if (seed !== null) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
}
