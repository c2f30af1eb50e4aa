import { type ReasonCode, reasons } from '../problems/index.js';

/** What happened to one request, in a form that is safe to show: without token, image and body. */
export interface JournalEntry {
  readonly at: string;
  readonly route: string;
  /** The purpose of the request. */
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

/** Fields that a handler may add to its request's entry. */
export type JournalFields = Partial<Omit<JournalEntry, 'at' | 'route' | 'status' | 'ms' | 'advice'>>;

/** Keeps the latest entries. */
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

/** The advice for an entry; undefined if all is well. */
export function adviceFor(reason: ReasonCode): string | undefined {
  return reasons[reason].advice || undefined;
}
