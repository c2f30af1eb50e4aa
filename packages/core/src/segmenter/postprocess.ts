/** How a probability map becomes a clean mask. What is left out keeps the model's default. */
export interface PostprocessOptions {
  /** Probability above which a pixel is set, 0 to 1. */
  readonly threshold?: number;
  /** Keeps only parts that hold a positive click (FCA-Net). Default: 8-connected, keeping the mask where none is hit. */
  readonly structuralIntegrity?: { readonly connectivity: 4 | 8; readonly whenNoneHit: 'keep' | 'empty' } | 'off';
  /** Fills holes up to this many pixels; default 0. */
  readonly fillHoles?: number;
  /** Drops parts below this many pixels; default 0. */
  readonly removeSpecks?: number;
  /** Keeps only the largest part. Default false. */
  readonly largestPart?: boolean;
}
