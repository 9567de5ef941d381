import type { Metric } from '@holdfast/tokens'
import { mergeMetrics } from '../metrics/merge.ts'
import { HEARTBEAT_MS } from './heartbeats.ts'
import type { FromServing, ToServing } from './messages.ts'

/** How long the metrics of the other processes are waited for (in milliseconds). */
const COLLECT_MS = 4000

/** What a serving process has to do with the one that started it. */
export interface Serving {
  /** From 1. */
  number: number
  /** Aborts when it is to end. */
  signal: AbortSignal
  tell(message: FromServing): void
  /** Tells the others these when they ask, and answers how those of all are collected. */
  shareMetrics(own: () => Metric[]): () => Promise<readonly Metric[]>
}

/** Listens to the process that started this one; that one's death ends this one. */
export function joinServing(): Serving {
  const number = Number(process.env['HOLDFAST_PROCESS'])
  const ending = new AbortController()
  const waiting = new Map<number, (all: { number: number; metrics: Metric[] }[]) => void>()
  let asked = 0
  let ownMetrics: () => Metric[] = () => []
  const tell = (message: FromServing) => {
    if (process.connected) process.send?.(message)
  }
  process.on('message', (message: ToServing) => {
    if (message.type === 'end') ending.abort()
    if (message.type === 'tell-metrics') {
      tell({ type: 'metrics', question: message.question, metrics: ownMetrics() })
    }
    if (message.type === 'collected') waiting.get(message.id)?.(message.all)
  })
  // From the event loop: one that is held up by a busy loop, or stopped, says nothing.
  tell({ type: 'alive' })
  setInterval(tell, HEARTBEAT_MS, { type: 'alive' }).unref()
  // A terminal sends SIGINT to all: the one that started this one says when to end.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => ending.abort())
  return {
    number,
    signal: ending.signal,
    tell,
    shareMetrics(own) {
      ownMetrics = own
      return collectAll
    },
  }

  async function collectAll(): Promise<readonly Metric[]> {
    asked += 1
    const id = asked
    const { promise, resolve } = Promise.withResolvers<{ number: number; metrics: Metric[] }[]>()
    waiting.set(id, resolve)
    // Alone is better than not at all, and the label says whose they are.
    const late = setTimeout(() => resolve([{ number, metrics: ownMetrics() }]), COLLECT_MS)
    tell({ type: 'collect', id })
    try {
      return mergeMetrics(await promise)
    } finally {
      clearTimeout(late)
      waiting.delete(id)
    }
  }
}
