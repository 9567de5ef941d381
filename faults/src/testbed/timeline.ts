import { type MonotonicMs, monotonicMs } from '../history/events.ts'

/** One event of the testbed, in addition to the history of its users. */
export interface TimelineEntry {
  atMs: MonotonicMs
  what: string
}

/** A fault from its beginning to its end. */
export interface FaultSpan {
  fault: string
  /** The host or the process that the fault actually hit. */
  where: string
  /** Whether the target was the primary of that time. */
  ofPrimary: boolean
  fromMs: MonotonicMs
  toMs: MonotonicMs
  /** The application servers that the fault affected directly. They were allowed to leave requests unanswered. */
  affected: string[]
  /** The observed effect, or a note that no effect was seen. */
  evidence: string
  confirmed: boolean
}

export class Timeline {
  readonly entries: TimelineEntry[] = []
  readonly spans: FaultSpan[] = []

  note(what: string): void {
    this.entries.push({ atMs: monotonicMs(), what })
  }
}
