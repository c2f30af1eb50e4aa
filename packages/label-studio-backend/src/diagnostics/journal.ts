import { type ReasonCode, reasons } from '../problems/index.js';

/** What happened to one request, in a form that is safe to show: no token, no image, no body. */
export interface JournalEntry {
  readonly at: string;
  readonly route: string;
  /** What the request was for. */
  readonly kind?: 'click' | 'open' | 'batch' | 'prewarm' | 'setup' | 'webhook' | 'train';
  readonly status: number;
  readonly reason: ReasonCode;
  readonly message?: string;
  readonly advice?: string;
  readonly remarks?: readonly string[];
  readonly project?: string;
  readonly task?: string;
  readonly label?: string;
  readonly positive?: number;
  readonly negative?: number;
  readonly boxes?: number;
  readonly output?: string;
  readonly regions?: number;
  readonly score?: number;
  readonly requestBytes?: number;
  readonly responseBytes?: number;
  readonly ms: number;
}

/** Fields that a handler may add to the entry of its request. */
export type JournalFields = Partial<Omit<JournalEntry, 'at' | 'route' | 'status' | 'ms' | 'advice'>>;

/** Keeps the last entries. */
export interface Journal {
  add(entry: JournalEntry): void;
  /** Newest first. */
  entries(): readonly JournalEntry[];
}

export function createJournal(capacity = 100): Journal {
  const kept: JournalEntry[] = [];
  return {
    add(entry) {
      kept.push(entry);
      if (kept.length > capacity) kept.shift();
    },
    entries: () => [...kept].reverse(),
  };
}

/** The advice that goes with an entry, or undefined where all is well. */
export function adviceFor(reason: ReasonCode): string | undefined {
  return reasons[reason].advice || undefined;
}
