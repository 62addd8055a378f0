import { type Owner, ownerKey } from '../core/owner.ts';
import type { Clock } from '../ports/clock.ts';
import { FairGate } from './fair-gate.ts';
import { type NodeResponse, nodeResponseOf } from './node-responses.ts';

/** Answers of an owner that are created or sent at one time. Each can be a page of 4 MiB. */
const ANSWERS_MAX = 4;
/** Time for a client to read its answer: 70 kB/s for a full page. */
const READ_MS = 60_000;

/** For the metrics: the client has closed its connection while its call waited. This status is the one of nginx. */
const CLIENT_LEFT = 499;

/**
 * Bounds the memory of answers that clients are slow to read, or never read: the next reads of an owner wait until
 * earlier answers have been sent. A client that does not read its answer within a minute loses its connection.
 */
export class UnreadAnswers {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #answers = new FairGate(() => ANSWERS_MAX);

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /**
   * Runs `call` when there is room for its answer.
   * @throws BellwireError `overloaded` if too many wait
   */
  async run(owner: Owner, request: Request, call: () => Promise<Response>): Promise<Response> {
    // Each owner has its own limit: a tenant whose clients do not read delays no other.
    const place: Owner = [ownerKey(owner), ''];
    const response = nodeResponseOf(request);
    await this.#answers.enterRead(place);
    const leave = (): void => this.#answers.leave(place, 1);
    try {
      const has_left = response?.destroyed === true;
      const answer = has_left ? new Response(null, { status: CLIENT_LEFT }) : await call();
      this.#onceSent(response, leave);
      return answer;
    } catch (error) {
      leave();
      throw error;
    }
  }

  #onceSent(response: NodeResponse | undefined, leave: () => void): void {
    if (response === undefined || response.destroyed) {
      leave();
      return;
    }
    const cancel = this.#clock.after(READ_MS, () => response.destroy(), { keeps_alive: false });
    response.once('close', () => {
      cancel();
      leave();
    });
  }
}
