import { ClickmaskError, type ClickmaskErrorCode } from '../../errors/index.js';
import type { BackendState } from '../backend.js';
import type { ResolvedServer } from './address.js';
import { CallFailure, type FailureKind, type OipTransport } from './transport.js';

/** Calls a server with a deadline, retries and a circuit breaker, and turns failures into coded errors. */
export interface OipClient {
  readonly transport: OipTransport;
  /** The address, for messages. */
  readonly server: string;
  /**
   * Makes one call. The call must depend only on what is sent, so that it can be repeated.
   *
   * @param what - what is requested, such as a model's name, for messages
   * @throws ClickmaskError `backend-unavailable`, `deadline-exceeded`, `backend-failed`, `bad-model`
   */
  call<T>(what: string, work: (transport: OipTransport, timeoutMs: number) => Promise<T>): Promise<T>;
  state(): Omit<BackendState, 'largestBatch'>;
}

/**
 * Milliseconds before the second and the third try, each with up to as much again at random, so that not all callers
 * return at once.
 */
const pausesMs = [50, 250];

/** Failures in a row after which nothing is sent for a while. */
const failuresToOpen = 5;
/** Milliseconds of that pause. Then a single call tries again. */
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

  /** Whether this call may be sent. With an open circuit, one call may try after the pause. */
  const admit = (what: string): void => {
    if (failures < failuresToOpen) return;
    const left = openUntil - clock.now();
    if (left <= 0 && !trying) {
      trying = true;
      return;
    }
    const message = `The inference server at ${url}, wanted for ${what}, failed ${failures} times in a row (${lastFailure}) and is not asked for a moment. Try again in ${Math.max(1, Math.ceil(left / 1000))} s.`;
    throw new ClickmaskError('backend-unavailable', message, { details: { server: url, circuit: 'open' } });
  };

  const settle = (failure: CallFailure | null): void => {
    trying = false;
    // A refusal with a reason shows that the server is there.
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
