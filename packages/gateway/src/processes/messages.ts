import type { Metric } from '@holdfast/tokens'

/** What a serving process tells the one that started it. */
export type FromServing =
  | { type: 'listening' }
  /** Said every second, so that one that hangs is found. */
  | { type: 'alive' }
  /** It cannot start, or cannot go on, and starting it again would not help. */
  | { type: 'failed'; code: string; message: string }
  /** Wants the metrics of all. */
  | { type: 'collect'; id: number }
  /** Its own metrics, for the question of that number. */
  | { type: 'metrics'; question: number; metrics: Metric[] }

/** What the one that started them tells a serving process. */
export type ToServing =
  | { type: 'end' }
  | { type: 'tell-metrics'; question: number }
  | { type: 'collected'; id: number; all: { number: number; metrics: Metric[] }[] }
