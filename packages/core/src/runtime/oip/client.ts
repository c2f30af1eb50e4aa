import { ClickmaskError, type ClickmaskErrorCode } from '../../errors/index.js';
import type { BackendState } from '../backend.js';
import type { ResolvedServer } from './address.js';
import { CallFailure, type FailureKind, type OipTransport } from './transport.js';

/** Calls a server with a deadline, retries and a circuit, and says in coded errors what went wrong. */
export interface OipClient {
  readonly transport: OipTransport;
  /** For messages: the address. */
  readonly server: string;
  /**
   * Does one call; it is a pure function of what is sent, so that it may be done again.
   *
   * @param what - for messages: what is asked for, such as a model's name
   * @throws ClickmaskError `backend-unavailable`, `deadline-exceeded`, `backend-failed`, `bad-model`
   */
  call<T>(what: string, work: (transport: OipTransport, timeoutMs: number) => Promise<T>): Promise<T>;
  state(): Omit<BackendState, 'largestBatch'>;
}

/** Waits before the second and the third try, each with up to as much again by chance, so that not all come at once. */
const pausesMs = [50, 250];

/** Failures in a row after which nothing is sent for a while. */
const failuresToOpen = 5;
/** Milliseconds for which nothing is sent; then a single call tries. */
const openMs = 2000;

const codes: Readonly<Record<FailureKind, ClickmaskErrorCode>> = {
  unavailable: 'backend-unavailable',
  deadline: 'deadline-exceeded',
  refused: 'backend-unavailable',
  'unknown-model': 'bad-model',
  failed: 'backend-failed',
  garbage: 'backend-failed',
};

const advice: Readonly<Record<FailureKind, string>> = {
  unavailable: 'Check that it runs, and its address.',
  deadline: 'It is too slow, or too busy: look at its load, or allow more time.',
  refused: 'It wants other credentials: check the headers, or the token.',
  'unknown-model': 'It holds other weights, or none: export the repository again from the model that is used here.',
  failed: "Look into the server's log.",
  garbage: 'Check that the address is that of an inference server, and of this protocol.',
};

export function createOipClient(
  { url, timeoutMs }: ResolvedServer,
  transport: OipTransport,
  /** Replaced by tests. */
  clock: { now(): number; pause(ms: number): Promise<void> } = { now: () => performance.now(), pause },
): OipClient {
  /** Failures of the server itself, in a row. */
  let failures = 0;
  let openUntil = 0;
  let trying = false;
  let roundTripMs: number | null = null;
  let lastFailure: string | null = null;

  const fail = (failure: CallFailure, what: string, spentMs: number): ClickmaskError => {
    const { kind } = failure;
    const late = kind === 'deadline' ? `did not answer within ${Math.round(spentMs)} ms` : `failed: ${failure.message}`;
    const message = `The inference server at ${url}, asked for ${what}, ${late}. ${advice[kind]}`;
    return new ClickmaskError(codes[kind], message, { details: { server: url, kind }, cause: failure });
  };

  /** Whether this call may go out; where the circuit is open, one at a time after its pause. */
  const admit = (what: string): void => {
    if (failures < failuresToOpen) return;
    const left = openUntil - clock.now();
    if (left <= 0 && !trying) {
      trying = true;
      return;
    }
    const message = `The inference server at ${url}, wanted for ${what}, failed ${failures} times in a row (${lastFailure}) and is left alone for a moment. Try again in ${Math.max(1, Math.ceil(left / 1000))} s.`;
    throw new ClickmaskError('backend-unavailable', message, { details: { server: url, circuit: 'open' } });
  };

  const settle = (failure: CallFailure | null): void => {
    trying = false;
    // What the server refused for good reasons says that it is there.
    if (failure === null || !['unavailable', 'deadline', 'garbage'].includes(failure.kind)) {
      failures = 0;
      return;
    }
    failures += 1;
    lastFailure = failure.message;
    if (failures >= failuresToOpen) openUntil = clock.now() + openMs;
  };

  return {
    transport,
    server: url,
    async call(what, work) {
      admit(what);
      const start = clock.now();
      for (let attempt = 0; ; attempt++) {
        const begun = clock.now();
        try {
          const value = await work(transport, timeoutMs - (begun - start));
          roundTripMs = clock.now() - begun;
          settle(null);
          return value;
        } catch (error) {
          const failure = error instanceof CallFailure ? error : new CallFailure('failed', String(error), error);
          const wait = pausesMs[attempt] * (1 + Math.random());
          const again = failure.kind === 'unavailable' && attempt < pausesMs.length;
          if (again && clock.now() + wait - start < timeoutMs) {
            await clock.pause(wait);
            continue;
          }
          settle(failure);
          throw fail(failure, what, clock.now() - start);
        }
      }
    },
    state: () => ({
      server: url,
      circuit: failures < failuresToOpen ? 'closed' : openUntil > clock.now() ? 'open' : 'half-open',
      failures,
      roundTripMs,
      lastFailure: failures === 0 ? null : lastFailure,
    }),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
