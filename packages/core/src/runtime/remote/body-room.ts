import { ClickmaskError } from '../../errors/index.js';

export interface BodyLimits {
  /** Bytes of one body. */
  readonly maxBytes: number;
  /** Received bytes of all running bodies. One client gets at most half of it, or one body. */
  readonly maxBytesUnderWay: number;
  /** Minimum rate of a sender over every three seconds. */
  readonly minBytesPerSecond: number;
  /** Bodies of one client at the same time. */
  readonly maxBodies: number;
}

/** The shared room for running bodies, which no single sender can use up. */
export interface BodyRoom {
  /** Bytes of all running bodies. */
  readonly bytes: number;
  /**
   * Registers a body.
   *
   * @param refuse - called once with the reason if the body is given up
   */
  enter(client: string, refuse: (why: ClickmaskError) => void): Place;
}

/** The room of one body. */
export interface Place {
  /** Adds received bytes. */
  take(bytes: number): void;
  /** The body is complete. It counts until its answer is sent, and is not given up any more. */
  arrived(): void;
  leave(): void;
}

interface Body {
  readonly client: string;
  readonly since: number;
  readonly refuse: (why: ClickmaskError) => void;
  bytes: number;
  isArriving: boolean;
  /** Its state at the last check of its rate. */
  mark: { readonly at: number; readonly bytes: number };
}

const tickMs = 500;
const windowMs = 3000;
/** Larger bodies are bulk. They may use three quarters of the room; clicks have the rest. */
const bulkShare = 1 / 16;

/** @param now - milliseconds of a monotonic clock */
export function createBodyRoom(limits: BodyLimits, now: () => number = () => performance.now()): BodyRoom {
  const { maxBytes, maxBytesUnderWay, minBytesPerSecond, maxBodies } = limits;
  const bodies = new Set<Body>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let looked = 0;

  function giveUp(body: Body, why: ClickmaskError): void {
    leave(body);
    body.refuse(why);
  }

  function leave(body: Body): void {
    bodies.delete(body);
    if (bodies.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  /** Finds senders that have become too slow, even after a fast start. */
  function watch(): void {
    const at = now();
    // While the process was busy, it read nothing of what arrived.
    const wasBusy = at - looked > 3 * tickMs;
    looked = at;
    for (const body of bodies) {
      const { mark, bytes } = body;
      const ms = at - mark.at;
      if (!body.isArriving || (ms < windowMs && !wasBusy)) continue;
      if (wasBusy || bytes - mark.bytes >= (minBytesPerSecond * ms) / 1000) body.mark = { at, bytes };
      else giveUp(body, tooSlow(minBytesPerSecond));
    }
  }

  function enter(client: string, refuse: Body['refuse']): Body {
    const at = now();
    const others = [...bodies].filter((one) => one.isArriving && one.client === client);
    const rate = ({ bytes, since }: Body) => bytes / Math.max(1, at - since);
    if (others.length >= maxBodies) {
      const slowest = others.reduce((slowest, other) => (rate(other) < rate(slowest) ? other : slowest));
      giveUp(slowest, tooSlow(minBytesPerSecond));
    }
    const body: Body = { client, since: at, refuse, bytes: 0, isArriving: true, mark: { at, bytes: 0 } };
    bodies.add(body);
    if (timer === undefined) {
      looked = at;
      timer = setInterval(watch, tickMs);
      // In Node, this timer does not keep the process alive.
      (timer as { unref?: () => void }).unref?.();
    }
    return body;
  }

  /** The largest bodies that are still arriving give way, so that bulk cannot keep a click out. */
  function makeRoom(body: Body, share: readonly Body[], limit: number): void {
    const room = body.bytes > maxBytes * bulkShare ? Math.max(maxBytes, 0.75 * limit) : limit;
    const byBytes = share.filter(({ isArriving }) => isArriving).sort((a, b) => b.bytes - a.bytes);
    let over = sum(share) - room;
    for (const largest of byBytes) {
      if (over <= 0 || !bodies.has(body)) return;
      over -= largest.bytes;
      giveUp(largest, noRoom());
    }
  }

  function take(body: Body, bytes: number): void {
    if (!bodies.has(body)) return;
    body.bytes += bytes;
    if (body.bytes > maxBytes) {
      giveUp(body, tooLarge(maxBytes));
      return;
    }
    const all = Math.max(maxBytes, maxBytesUnderWay);
    const own = [...bodies].filter(({ client }) => client === body.client);
    makeRoom(body, own, Math.max(maxBytes, all / 2));
    makeRoom(body, [...bodies], all);
  }

  return {
    get bytes() {
      return sum(bodies);
    },
    enter(client, refuse) {
      const body = enter(client, refuse);
      return {
        take: (bytes) => take(body, bytes),
        arrived() {
          body.isArriving = false;
        },
        leave: () => leave(body),
      };
    },
  };
}

function sum(bodies: Iterable<Body>): number {
  let bytes = 0;
  for (const body of bodies) bytes += body.bytes;
  return bytes;
}

export function tooLarge(maxBytes: number): ClickmaskError {
  const message = `Expected a body of at most ${maxBytes} bytes. Scale the image down, or raise maxBytes.`;
  return new ClickmaskError('image-too-large', message, { details: { maxBytes } });
}

function noRoom(): ClickmaskError {
  return new ClickmaskError('queue-full', 'Too many bodies are arriving. Try again in a moment.');
}

function tooSlow(minBytesPerSecond: number): ClickmaskError {
  const message = `The body arrives too slowly, below ${minBytesPerSecond} bytes a second. Send it again.`;
  return new ClickmaskError('deadline-exceeded', message, { details: { minBytesPerSecond } });
}
