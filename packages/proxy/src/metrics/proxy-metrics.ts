import type { Metric } from '@holdfast/tokens'
import type { ProxyStatus } from '../redis-proxy.ts'

type Numbers = {
  [Key in keyof ProxyStatus]: ProxyStatus[Key] extends number ? Key : never
}[keyof ProxyStatus]

const GAUGES: readonly (readonly [key: Numbers, name: string, help: string])[] = [
  ['clients', 'clients', 'Connections of clients.'],
  ['logins', 'logins', 'Logins in use: users, each with its protocol.'],
  [
    'pending',
    'pending_commands',
    'Commands that wait for an answer of Redis. They are held during a failover.',
  ],
  ['waiting', 'waiting_clients', 'Clients that wait for an element, as with BLPOP.'],
  ['unconfirmed', 'unconfirmed_batches', 'Answered batches of writes that a planned replica lacks.'],
]

const COUNTERS: readonly (readonly [key: Numbers, name: string, help: string])[] = [
  ['sentAgain', 'sent_again', 'Batches of writes that were sent again because the primary lacked them.'],
  ['foundDone', 'found_done', 'Batches without an answer that their completion record proved to be done.'],
  ['uncertain', 'uncertain', 'Commands that were answered UNCERTAIN.'],
  ['unavailable', 'unavailable', 'Writes that were answered UNAVAILABLE.'],
  ['lostProofs', 'lost_proofs', 'Answered batches that a new primary lacked.'],
  ['notSentAgain', 'not_sent_again', 'Answered batches that a new primary lacked and refused.'],
  ['lostRecords', 'lost_records', 'Completion records that had vanished.'],
  ['failovers', 'failovers', 'Changes of the primary.'],
]

/** The metrics of a proxy, in the terms of Prometheus. Pure. */
export function proxyMetrics(status: ProxyStatus): Metric[] {
  const metric = (type: 'counter' | 'gauge', name: string, help: string, value: number): Metric => ({
    name: `holdfast_proxy_${name}${type === 'counter' ? '_total' : ''}`,
    help,
    type,
    samples: [{ labels: {}, value }],
  })
  return [
    metric(
      'gauge',
      'ready',
      'Whether a primary is known and has answered within the lease.',
      Number(status.isReady),
    ),
    ...GAUGES.map(([key, name, help]) => metric('gauge', name, help, status[key])),
    ...COUNTERS.map(([key, name, help]) => metric('counter', name, help, status[key])),
  ]
}
