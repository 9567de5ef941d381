import { type MonotonicMs, monotonicMs } from '../history/events.ts'

/** One line of what happened to the site, beside the history of its users. */
export interface TimelineEntry {
  atMs: MonotonicMs
  what: string
}

/** A fault from its beginning to its end. */
export interface FaultSpan {
  fault: string
  /** The host or the process that it hit, as it turned out. */
  where: string
  /** It was aimed at the primary of that time. */
  ofPrimary: boolean
  fromMs: MonotonicMs
  toMs: MonotonicMs
  /** Application servers that it touches itself: they owe nobody an answer meanwhile. */
  touched: string[]
  /** How it was seen to take effect, or that it was not. */
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
