import { Redis, type SentinelAddress } from 'ioredis'
import { pause, sharedNowMs } from '../clock.ts'
import { serve } from './serve.ts'

/** An application with an unmodified ioredis on one connection: it reads, counts, and appends in transactions. */

/** Where and how the client connects: an address, or Sentinels. */
export interface ClientOptions {
  host?: string
  port?: number
  sentinels?: Partial<SentinelAddress>[]
  name?: string
  username: string
  password: string
  sentinelUsername?: string
  sentinelPassword?: string
}

export interface Rates {
  reads: number
  writes: number
}

export interface Seen {
  /** Commands that were answered with an error. */
  failed: number
  /** Each INCR that was answered with a number, and those that were not. */
  acknowledged: number
  unanswered: number
  /** The longest time that a command took (in milliseconds). */
  longestMs: number
  /** Reads that showed less than an answered INCR. */
  stale: number
  disconnects: number
  failures: Record<string, number>
}

let client: Redis
let isStopped = false
let loops: Promise<unknown> = Promise.resolve()
const seen: Seen = {
  failed: 0,
  acknowledged: 0,
  unanswered: 0,
  longestMs: 0,
  stale: 0,
  disconnects: 0,
  failures: {},
}

async function openLoop(perSecond: number, work: () => Promise<void>): Promise<void> {
  const startMs = sharedNowMs()
  const running = new Set<Promise<void>>()
  for (let turn = 0; !isStopped; turn++) {
    const dueMs = startMs + (1000 * turn) / perSecond
    if (dueMs > sharedNowMs()) await pause(Math.max(0, dueMs - sharedNowMs()))
    const one = work().finally(() => running.delete(one))
    running.add(one)
  }
  await Promise.all(running)
}

async function observe(work: () => Promise<void>): Promise<boolean> {
  const startMs = sharedNowMs()
  try {
    await work()
    return true
  } catch (error) {
    seen.failed += 1
    const message = error instanceof Error ? error.message : String(error)
    const reason = message.replaceAll(/\d{4,}/g, 'N').slice(0, 80)
    seen.failures[reason] = (seen.failures[reason] ?? 0) + 1
    return false
  } finally {
    seen.longestMs = Math.max(seen.longestMs, sharedNowMs() - startMs)
  }
}

const methods = {
  async start(options: ClientOptions, key: string, rates: Rates): Promise<void> {
    client = new Redis(options)
    client.on('error', () => {})
    client.on('close', () => {
      seen.disconnects += 1
    })
    await client.set(key, '0')
    const write = async () => {
      const isDone = await observe(async () => {
        await client.incr(key)
        seen.acknowledged += 1
      })
      if (!isDone) seen.unanswered += 1
    }
    const read = async () => {
      const before = seen.acknowledged
      await observe(async () => {
        if (Number(await client.get(key)) < before) seen.stale += 1
      })
    }
    loops = Promise.all([openLoop(rates.writes, write), openLoop(rates.reads, read)])
  },

  async stop(): Promise<Seen> {
    isStopped = true
    await loops
    client.disconnect()
    return seen
  },
}

export type RedisClientWorker = typeof methods
serve(methods)
