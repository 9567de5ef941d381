import type { Metric } from '@holdfast/tokens'
import { mergeMetrics } from '../metrics/merge.ts'
import { HEARTBEAT_MS } from './heartbeats.ts'

/** How long to wait for the metrics of the other processes (in milliseconds). */
const COLLECT_MS = 4000

/** The connection of a serving process to its parent. */
export interface Serving {
  /** From 1. */
  number: number
  /** Aborts when the process must end. */
  signal: AbortSignal
  send(message: FromServing): void
  /** Shares the metrics of this process on request, and returns the function that collects those of all. */
  shareMetrics(own: () => Metric[]): () => Promise<readonly Metric[]>
}

/** Connects to the parent process. When the parent dies, this process ends. */
export function joinServing(): Serving {
  const number = Number(process.env['HOLDFAST_PROCESS'])
  const ending = new AbortController()
  const waiting = new Map<number, (all: { number: number; metrics: Metric[] }[]) => void>()
  let asked = 0
  let ownMetrics: () => Metric[] = () => []
  const send = (message: FromServing) => {
    if (process.connected) process.send?.(message)
  }
  process.on('message', (message: ToServing) => {
    if (message.type === 'end') ending.abort()
    if (message.type === 'send-metrics') {
      send({ type: 'metrics', question: message.question, metrics: ownMetrics() })
    }
    if (message.type === 'collected') waiting.get(message.id)?.(message.all)
  })
  // Sent from the event loop: a blocked or stopped process sends nothing.
  send({ type: 'alive' })
  setInterval(send, HEARTBEAT_MS, { type: 'alive' }).unref()
  // A terminal sends SIGINT to all processes; the parent decides when this one ends.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => ending.abort())
  return {
    number,
    signal: ending.signal,
    send,
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
    // The metrics of this process alone are better than none, and the label shows the process.
    const late = setTimeout(() => resolve([{ number, metrics: ownMetrics() }]), COLLECT_MS)
    send({ type: 'collect', id })
    try {
      return mergeMetrics(await promise)
    } finally {
      clearTimeout(late)
      waiting.delete(id)
    }
  }
}

/** A message from a serving process to its parent. */
export type FromServing =
  | { type: 'listening' }
  /** The heartbeat, sent every second. */
  | { type: 'alive' }
  /** The process cannot start, or cannot continue, and a restart would not help. */
  | { type: 'failed'; code: string; message: string }
  /** Requests the metrics of all processes. */
  | { type: 'collect'; id: number }
  /** The process's own metrics, for the question with that number. */
  | { type: 'metrics'; question: number; metrics: Metric[] }

/** A message from the parent to a serving process. */
export type ToServing =
  | { type: 'end' }
  | { type: 'send-metrics'; question: number }
  | { type: 'collected'; id: number; all: { number: number; metrics: Metric[] }[] }
