import type { StoreEvent, StoreObserver } from './observer.ts'
import type { StoreStatus } from './status.ts'

/** One value of a metric. Its labels identify it. */
export interface MetricSample {
  labels: Record<string, string>
  value: number
}

/** The distribution of durations: the count per bucket, the total count and the sum. */
export interface HistogramSample {
  labels: Record<string, string>
  /** Cumulative, as in Prometheus: `count` durations took at most `atMostSeconds`. */
  buckets: { atMostSeconds: number; count: number }[]
  count: number
  sumSeconds: number
}

/** A metric with its name and help text, in the terms of Prometheus. */
export type Metric =
  | { name: string; help: string; type: 'counter' | 'gauge'; samples: MetricSample[] }
  | { name: string; help: string; type: 'histogram'; samples: HistogramSample[] }

/** Metrics of a store. Pass `observer` to the store, and the result of its `status()` to `collect`. */
export interface StoreMetrics {
  readonly observer: StoreObserver &
    Required<Pick<StoreObserver, 'event' | 'verified' | 'committed' | 'guessed'>>
  collect(status: StoreStatus): Metric[]
}

/** From a hit in the near cache (microseconds) to a login that waits for a failover to end (seconds). */
const BUCKETS_SECONDS = [
  0.000_01, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** Creates the counters and histograms of one store, for any exporter. */
export function createStoreMetrics(): StoreMetrics {
  const verifications = new Counter(['status', 'path'])
  const verifySeconds = new Histogram('path')
  const commits = new Counter(['outcome'])
  const commitSeconds = new Histogram('outcome')
  const events = new Counter(['event'])
  const guesses = new Counter(['outcome'])
  const replayed = new Counter(['origin'])
  return {
    observer: {
      verified(status, path, tookMs) {
        verifications.add(1, status, path)
        verifySeconds.observe(path, tookMs / 1000)
      },
      committed(outcome, writes, tookMs) {
        commits.add(writes, outcome)
        commitSeconds.observe(outcome, tookMs / 1000)
      },
      guessed: (outcome) => guesses.add(1, outcome),
      event(event: StoreEvent) {
        events.add(1, event.type)
        if (event.type === 'journal-replayed') {
          replayed.add(event.own, 'own')
          replayed.add(event.heard, 'heard')
        }
      },
    },
    collect: (status) => [
      counter('holdfast_verifications_total', 'Verifications, by answer and by who gave it.', verifications),
      histogram('holdfast_verification_seconds', 'How long verifications took.', verifySeconds),
      counter('holdfast_writes_total', 'Writes, by what became of them.', commits),
      histogram('holdfast_write_seconds', 'How long writes took to their outcome.', commitSeconds),
      counter('holdfast_events_total', 'Failovers, doubts, lost leases and replays.', events),
      counter(
        'holdfast_guessed_revocations_total',
        'Revocations of tokens without a session, after a start or a failover: written or refused.',
        guesses,
      ),
      counter('holdfast_replayed_writes_total', 'Writes made again on a new primary.', replayed),
      gauge(
        'holdfast_writable',
        'Whether a login can be acknowledged now (1 or 0).',
        Number(status.writable),
      ),
      gauge('holdfast_readable', 'Whether a token can be verified now (1 or 0).', Number(status.readable)),
      gauge('holdfast_lease_age_seconds', 'Since the lease was last proved.', inSeconds(status.leaseAgeMs)),
      gauge('holdfast_journal_entries', 'Acknowledged writes that a node lacks.', status.journalEntries),
      gauge('holdfast_cached_records', 'Sessions that this process remembers.', status.cachedRecords),
      gauge('holdfast_waiting_writes', 'Writes that wait for their outcome.', status.waitingWrites),
      gauge('holdfast_waiting_reads', 'Reads that wait for their answer.', status.waitingReads),
    ],
  }
}

class Counter {
  readonly #names: string[]
  readonly #values = new Map<string, MetricSample>()

  constructor(names: string[]) {
    this.#names = names
  }

  add(value: number, ...labels: string[]): void {
    const key = labels.join(' ')
    const sample = this.#values.get(key)
    if (sample !== undefined) sample.value += value
    else {
      const named = this.#names.map((name, index) => [name, labels[index] ?? ''])
      this.#values.set(key, { labels: Object.fromEntries(named), value })
    }
  }

  get samples(): MetricSample[] {
    return [...this.#values.values()].map((sample) => ({ ...sample }))
  }
}

class Histogram {
  readonly #name: string
  readonly #values = new Map<string, { counts: number[]; sumSeconds: number }>()

  constructor(name: string) {
    this.#name = name
  }

  observe(label: string, seconds: number): void {
    let value = this.#values.get(label)
    if (value === undefined) {
      value = { counts: new Array<number>(BUCKETS_SECONDS.length + 1).fill(0), sumSeconds: 0 }
      this.#values.set(label, value)
    }
    const bucket = BUCKETS_SECONDS.findIndex((atMost) => seconds <= atMost)
    const index = bucket < 0 ? BUCKETS_SECONDS.length : bucket
    value.counts[index] = (value.counts[index] ?? 0) + 1
    value.sumSeconds += seconds
  }

  get samples(): HistogramSample[] {
    return [...this.#values].map(([label, { counts, sumSeconds }]) => {
      let count = 0
      const buckets = BUCKETS_SECONDS.map((atMostSeconds, index) => {
        count += counts[index] ?? 0
        return { atMostSeconds, count }
      })
      const all = count + (counts[BUCKETS_SECONDS.length] ?? 0)
      return { labels: { [this.#name]: label }, buckets, count: all, sumSeconds }
    })
  }
}

const inSeconds = (ms: number | null) => (ms === null ? Number.NaN : ms / 1000)

const counter = (name: string, help: string, { samples }: Counter): Metric => ({
  name,
  help,
  type: 'counter',
  samples,
})

const gauge = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'gauge',
  samples: [{ labels: {}, value }],
})

const histogram = (name: string, help: string, { samples }: Histogram): Metric => ({
  name,
  help,
  type: 'histogram',
  samples,
})
