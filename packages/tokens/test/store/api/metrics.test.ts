import {
  createMemoryStore,
  createStoreMetrics,
  generateKeyring,
  type HistogramSample,
  type Metric,
  type MetricSample,
} from '@holdfast/tokens'
import { expect, test } from 'vitest'

function samples(metrics: Metric[], name: string): (MetricSample | HistogramSample)[] {
  const metric = metrics.find((candidate) => candidate.name === name)
  if (metric === undefined) throw new Error(`There is no metric ${name}.`)
  return metric.samples
}

test('verifications are counted by answer and by who gave it, and their durations in cumulative buckets', async () => {
  const metrics = createStoreMetrics()
  const store = createMemoryStore({
    dataCentre: 'dc1',
    keyring: generateKeyring(),
    observer: metrics.observer,
  })
  const { token } = await store.issue({ subject: 'ann' })
  await store.verify(token)
  await store.verify(token)
  await store.verify('no token')
  const collected = metrics.collect(store.status())
  expect(samples(collected, 'holdfast_verifications_total')).toEqual([
    { labels: { status: 'active', path: 'cache' }, value: 2 },
    { labels: { status: 'inactive', path: 'token' }, value: 1 },
  ])
  const [known] = samples(collected, 'holdfast_verification_seconds') as HistogramSample[]
  expect(known).toMatchObject({ labels: { path: 'cache' }, count: 2 })
  const counts = known?.buckets.map(({ count }) => count) ?? []
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
  expect(counts.at(-1)).toBe(2)
  expect(known?.sumSeconds).toBeGreaterThan(0)
})

test('writes, events and replays are counted; gauges show the status of now', () => {
  const { observer, collect } = createStoreMetrics()
  observer.committed('complete', 3, 2)
  observer.committed('retried', 1, 20_000)
  observer.event({ type: 'failover', from: 'a:1', to: 'b:1' })
  observer.event({ type: 'doubt', epoch: 2 })
  observer.event({ type: 'journal-replayed', own: 4, heard: 5 })
  const collected = collect({
    writable: true,
    readable: false,
    primary: null,
    problem: null,
    leaseRemainingMs: 0,
    leaseAgeMs: 250,
    journalEntries: 7,
    waitingWrites: 2,
    waitingReads: 3,
    cachedRecords: 9,
    nodes: [],
    sentinels: [],
  })
  expect(samples(collected, 'holdfast_writes_total')).toEqual([
    { labels: { outcome: 'complete' }, value: 3 },
    { labels: { outcome: 'retried' }, value: 1 },
  ])
  const retried = samples(collected, 'holdfast_write_seconds')[1] as HistogramSample
  expect(retried.count).toBe(1)
  // Longer than the longest bucket: it is counted in none.
  expect(retried.buckets.at(-1)?.count).toBe(0)
  expect(samples(collected, 'holdfast_events_total').map(({ labels }) => labels['event'])).toEqual([
    'failover',
    'doubt',
    'journal-replayed',
  ])
  expect(samples(collected, 'holdfast_replayed_writes_total')).toEqual([
    { labels: { origin: 'own' }, value: 4 },
    { labels: { origin: 'heard' }, value: 5 },
  ])
  const gauges = Object.fromEntries(
    collected.flatMap((metric) =>
      metric.type === 'gauge' ? [[metric.name, metric.samples[0]?.value] as const] : [],
    ),
  )
  expect(gauges).toEqual({
    holdfast_writable: 1,
    holdfast_readable: 0,
    holdfast_lease_age_seconds: 0.25,
    holdfast_journal_entries: 7,
    holdfast_cached_records: 9,
    holdfast_waiting_writes: 2,
    holdfast_waiting_reads: 3,
  })
})
