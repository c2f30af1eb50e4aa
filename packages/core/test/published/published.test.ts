import { describe, expect, it } from 'vitest';
import { compareWithGolden, readGolden } from './golden.js';

// Each golden file holds what the authors' own predictor answered around a toy network, click by click.
for (const name of ['isegm', 'mst', 'adaptiveclick', 'fcanet', 'focalclick', 'sam', 'sam2', 'segnext']) {
  const golden = await readGolden(name);
  describe(`${name}: as the authors' predictor`, () => {
    it.each(golden.cases)('$title', async (test) => {
      const distance = await compareWithGolden(golden, test);
      expect(distance.largestDifference).toBeLessThan(1e-3);
      expect(distance.leastIou).toBeGreaterThanOrEqual(0.999);
      expect(distance.differentClicks).toBe(0);
      expect(distance.areas).toBeLessThan(1e-3);
      expect(distance.scores).toBeLessThan(1e-4);
    });
  });
}
