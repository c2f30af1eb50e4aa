import { createLru } from '@clickmask/core/adapters';
import type { BoxItem, Item, PointItem } from './read-prompts.js';

/** Identifies an object of a task. */
export interface ObjectKey {
  readonly project: string;
  readonly task: string;
  /** Who asks, if the request says so. Two annotators of one task are kept apart. */
  readonly user?: string;
  readonly toName: string;
  readonly itemIndex?: number;
  readonly label?: string;
}

/** An object, as far as its annotator has described it. */
export interface RememberedObject {
  /** All clicks and boxes of the object, in the order in which their groups began. */
  readonly items: readonly Item[];
  /** Those from earlier requests. */
  readonly remembered: ReadonlySet<Item>;
  /** Restores the former state unless more was added since, so that a refused request leaves no trace. */
  readonly undo: () => void;
}

/** Remembers prompts. See {@link createPromptMemory}. */
export interface PromptMemory {
  /** Stores the clicks or boxes of one object and adds what earlier requests said about it. */
  combine(key: ObjectKey, items: readonly Item[]): RememberedObject;
  /** Stores which regions were sent as answers, to recognise later that the annotator accepted them. */
  answered(key: ObjectKey, regionIds: readonly string[]): void;
  /**
   * Reports what is on the task. If an answered region is there, its object is accepted, and later prompts begin a new
   * one. Prompts that were in the draft and are gone were undone or deleted.
   */
  drawn(
    project: string,
    task: string,
    on: { readonly regions: ReadonlySet<string>; readonly draft?: ReadonlySet<string> },
  ): void;
  /** Ids of the clicks and boxes of accepted objects, as long as a region of the object is among those on the task. */
  spent(project: string, task: string, regions: ReadonlySet<string>): ReadonlySet<string>;
  /** The label of the latest object. */
  latestLabel(key: Omit<ObjectKey, 'label'>): string | undefined;
  forget(project: string, task: string): void;
}

export interface PromptMemoryOptions {
  /** Milliseconds for which a click or box is kept for later requests. 0 disables combining. Default 10 minutes. */
  readonly ttlMs?: number;
  /** Estimated bytes of all tasks together. The least recently used tasks go first. Default 32 MB. */
  readonly maxBytes?: number;
  readonly now?: () => number;
}

interface Entry {
  readonly key: ObjectKey;
  /** Groups by kind and raw label: what the editor always sends together. */
  readonly channels: ReadonlyMap<string, readonly Item[]>;
  readonly answered: Set<string>;
  /** Ids that have been in the draft. */
  readonly seen: ReadonlySet<string>;
  readonly at: number;
}

/** Estimated memory of a task's entries: two bytes per character, and a constant per object. */
function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const { channels, answered } of entries) {
    bytes += 500 + 60 * answered.size;
    for (const items of channels.values()) {
      for (const { id, label = '', rawLabel = '', toName } of items) {
        bytes += 300 + 2 * (id.length + label.length + rawLabel.length + toName.length);
      }
    }
  }
  return bytes;
}

/**
 * Merges the new groups with the remembered groups of the same object. A new group replaces the old one of its kind.
 */
function join(known: Entry['channels'], items: readonly Item[]) {
  const fresh = new Map<string, Item[]>();
  for (const item of items) {
    const channel = `${item.kind} ${item.rawLabel ?? ''}`;
    const group = fresh.get(channel);
    if (group === undefined) fresh.set(channel, [item]);
    else group.push(item);
  }
  const channels = new Map<string, readonly Item[]>();
  const remembered = new Set<Item>();
  for (const [channel, old] of known) {
    const now = fresh.get(channel);
    // A remembered group that is unrelated to the new clicks belongs to another object of this label. It is dropped.
    const kept = now ?? old.filter((item) => belongs(item, items));
    if (kept.length === 0) continue;
    channels.set(channel, kept);
    if (now === undefined) for (const item of kept) remembered.add(item);
  }
  for (const [channel, group] of fresh) channels.set(channel, group);
  return { channels, remembered };
}

/**
 * Remembers for a short time what annotators have said about their objects.
 *
 * Label Studio sends the clicks of an object, its boxes, and the clicks with a "not" label in separate requests. Each
 * of these groups is always complete. A request therefore replaces the remembered group of its own kind and is combined
 * with the others.
 */
export function createPromptMemory(options: PromptMemoryOptions = {}): PromptMemory {
  const { ttlMs = 600_000, maxBytes = 32e6, now = Date.now } = options;
  const tasks = createLru<string, readonly Entry[]>({ maxBytes, sizeOf: bytesOf });
  /** Ids of clicks and boxes, with the regions that their object was accepted as. */
  const spent = createLru<string, ReadonlyMap<string, ReadonlySet<string>>>({
    maxBytes: maxBytes / 8,
    sizeOf: (ids) => 250 * ids.size,
  });
  const maxObjects = 50;
  const maxAnswered = 100;
  const maxSpent = 500;

  const taskKey = (project: string, task: string) => JSON.stringify([project, task]);

  function put(key: string, entries: readonly Entry[]): void {
    if (entries.length === 0) tasks.delete(key);
    else tasks.set(key, entries);
  }

  function entries(project: string, task: string): readonly Entry[] {
    const key = taskKey(project, task);
    const known = tasks.get(key) ?? [];
    const alive = known.filter((entry) => now() - entry.at < ttlMs);
    if (alive.length < known.length) put(key, alive);
    return alive;
  }

  const sameUser = (a: string | undefined, b: string | undefined) => a === undefined || b === undefined || a === b;
  const samePicture = (a: Omit<ObjectKey, 'label'>, b: ObjectKey) =>
    a.toName === b.toName && a.itemIndex === b.itemIndex && sameUser(a.user, b.user);

  function find(key: ObjectKey): Entry | undefined {
    return entries(key.project, key.task).find((one) => samePicture(key, one.key) && one.key.label === key.label);
  }

  return {
    combine(key, items) {
      if (ttlMs <= 0) return { items, remembered: new Set(), undo() {} };
      const before = find(key);
      const { channels, remembered } = join(before?.channels ?? new Map(), items);
      const user = key.user ?? before?.key.user;
      const { answered = new Set<string>(), seen = new Set<string>() } = before ?? {};
      const entry: Entry = { key: { ...key, user }, channels, answered, seen, at: now() };
      const name = taskKey(key.project, key.task);
      const others = entries(key.project, key.task).filter((one) => one !== before);
      put(name, [...others, entry].slice(-maxObjects));
      const undo = () => {
        const latest = entries(key.project, key.task);
        if (!latest.includes(entry)) return;
        put(
          name,
          latest.flatMap((one) => (one === entry ? (before ?? []) : one)),
        );
      };
      return { items: [...channels.values()].flat(), remembered, undo };
    },
    answered(key, regionIds) {
      const entry = find(key);
      for (const id of regionIds.slice(0, maxAnswered)) entry?.answered.add(id);
    },
    drawn(project, task, { regions, draft }) {
      const key = taskKey(project, task);
      const left = entries(project, task).flatMap((entry) => {
        if ([...entry.answered].some((id) => regions.has(id))) {
          const ids = [...entry.channels.values()].flat().map(({ id }) => id);
          const added = ids.map((id) => [id, entry.answered] as const);
          spent.set(key, new Map([...(spent.get(key) ?? []), ...added].slice(-maxSpent)));
          return [];
        }
        return draft === undefined ? [entry] : [withoutUndone(entry, draft)];
      });
      put(
        key,
        left.filter(({ channels }) => channels.size > 0),
      );
    },
    spent(project, task, regions) {
      const known = [...(spent.get(taskKey(project, task)) ?? [])];
      // After an undo, or when the region was deleted, the clicks on the screen count again.
      return new Set(known.flatMap(([id, own]) => ([...own].some((one) => regions.has(one)) ? [id] : [])));
    },
    latestLabel(key) {
      return entries(key.project, key.task)
        .filter((entry) => samePicture(key, entry.key))
        .at(-1)?.key.label;
    },
    forget(project, task) {
      tasks.delete(taskKey(project, task));
      spent.delete(taskKey(project, task));
    },
  };
}

/** The draft is stored a while after each change, so only prompts that were in it once can count as deleted. */
function withoutUndone(entry: Entry, draft: ReadonlySet<string>): Entry {
  const channels = new Map<string, readonly Item[]>();
  const seen = new Set<string>();
  for (const [channel, items] of entry.channels) {
    const kept = items.filter(({ id }) => draft.has(id) || !entry.seen.has(id));
    if (kept.length > 0) channels.set(channel, kept);
    for (const { id } of kept) if (draft.has(id)) seen.add(id);
  }
  return { ...entry, channels, seen };
}

/** Whether a remembered group and a new one are about the same object. */
function belongs(old: Item, items: readonly Item[]): boolean {
  const boxes = items.filter((item) => item.kind === 'box');
  const points = items.filter((item) => item.kind === 'point');
  const positives = points.filter((point) => point.positive);
  if (old.kind === 'box') return positives.length === 0 || positives.some((point) => nearBox(point, old));
  if (boxes.length > 0) return boxes.some((box) => nearBox(old, box));
  // A group of positive clicks and one of negative clicks under a "not" label.
  return true;
}

/** Inside the box, or beside it by no more than a tenth of its size. */
export function nearBox(point: PointItem, box: BoxItem): boolean {
  const dx = 0.1 * (box.x2 - box.x1);
  const dy = 0.1 * (box.y2 - box.y1);
  return point.x >= box.x1 - dx && point.x <= box.x2 + dx && point.y >= box.y1 - dy && point.y <= box.y2 + dy;
}
