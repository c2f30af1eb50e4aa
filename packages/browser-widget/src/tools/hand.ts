import type { ImagePoint } from '@clickmask/core/masks';
import type { StagePoint } from '../view/viewport.js';

/** Where the user's hand is: changed by pointer and keys, read by what is shown. */
export interface Hand {
  /** The pointer over the stage; `opposite`: with a key held that turns the sign of a click round. */
  pointer: { readonly at: StagePoint; readonly opposite: boolean } | null;
  /** The crosshair that arrows move; null: not in use. The pointer puts it away. */
  crosshair: ImagePoint | null;
  /** Index of the click that is selected among those of the active object. */
  selectedClick: number | null;
  spaceHeld: boolean;
}

export function createHand(): Hand {
  return { pointer: null, crosshair: null, selectedClick: null, spaceHeld: false };
}
