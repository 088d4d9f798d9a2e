import type { Pressure } from "../ports.ts";
import type { Asked } from "./asked.ts";
import type { StoreLimits } from "./limits.ts";

/** Questions that wait, in order; bytes count until a question is answered. */
export class Queue {
  private readonly limits: StoreLimits;
  private items: Asked[] = [];
  private head = 0;
  private unanswered = 0;
  private bytes = 0;

  constructor(limits: StoreLimits) {
    this.limits = limits;
  }

  get empty(): boolean {
    return this.head === this.items.length;
  }

  /** What waits. */
  pressure(): Pressure {
    const { maxWaitingBytes } = this.limits;
    return { waitingQuestions: this.unanswered, waitingBytes: this.bytes, maxWaitingBytes };
  }

  /** Whether `bytes` more may wait; one question may always. */
  hasRoom(bytes: number): boolean {
    return this.bytes === 0 || this.bytes + bytes <= this.limits.maxWaitingBytes;
  }

  add(asked: Asked): void {
    this.items.push(asked);
    this.unanswered += 1;
    this.bytes += asked.bytes;
  }

  /** Puts questions that were taken in front again. */
  putBack(asked: readonly Asked[]): void {
    if (asked.length === 0) return;
    this.items = [...asked, ...this.items.slice(this.head)];
    this.head = 0;
  }

  /** Gives a taken question the answer that it kept. */
  answer(asked: Asked): void {
    this.release(asked);
    asked.answer();
  }

  /** Answers a taken question with an error. */
  refuse(asked: Asked, error: unknown): void {
    this.release(asked);
    asked.refuse(error);
  }

  private release({ bytes }: Asked): void {
    this.unanswered -= 1;
    this.bytes -= bytes;
  }

  /** The next batch: what waits, up to the limits; one that must be alone is. */
  take(): readonly Asked[] {
    const start = this.head;
    let bytes = 0;
    let end = start;
    for (; end < this.items.length && end - start < this.limits.questions; end++) {
      const asked = this.items[end];
      if (asked === undefined) break;
      const alone = asked.alone || asked.again;
      bytes += asked.bytes;
      if (end > start && (alone || bytes > this.limits.bytes)) break;
      if (alone) {
        end += 1;
        break;
      }
    }
    const batch = this.items.slice(start, end);
    this.head = end;
    if (this.empty) this.clear();
    return batch;
  }

  /** Takes all that waits. */
  drain(): readonly Asked[] {
    const all = this.items.slice(this.head);
    this.clear();
    return all;
  }

  private clear(): void {
    this.items = [];
    this.head = 0;
  }
}
