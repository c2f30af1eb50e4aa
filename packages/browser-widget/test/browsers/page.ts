/** What tests need of a browser, whichever it is. */
export interface TestBrowser {
  newPage(options?: PageOptions): Promise<TestPage>;
  close(): Promise<void>;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  /** Where the browser can play a phone: with a touch screen, and as wide as the page says. */
  readonly isPhone?: boolean;
}

export interface TestPage {
  goto(address: string): Promise<void>;
  /** The value of an expression, as JSON carries it; a promise is waited for. */
  evaluate<T>(expression: string): Promise<T>;
  readonly hand: Hand;
  setSize(width: number, height: number): Promise<void>;
  close(): Promise<void>;
}

/** A point of the window, in CSS px. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export type MouseButton = 'left' | 'middle' | 'right';

/** Mouse, keyboard and fingers. */
export interface Hand {
  move(to: Point, steps?: number): Promise<void>;
  down(button?: MouseButton): Promise<void>;
  up(button?: MouseButton): Promise<void>;
  wheel(dy: number): Promise<void>;
  /** A key, or several held together: `Control+Shift+z`. */
  press(keys: string): Promise<void>;
  keyDown(key: string): Promise<void>;
  keyUp(key: string): Promise<void>;
  /** Puts fingers down, moves those that are down, or lifts them all. */
  fingersDown(...points: readonly Point[]): Promise<void>;
  fingersMove(...points: readonly Point[]): Promise<void>;
  fingersUp(): Promise<void>;
}
