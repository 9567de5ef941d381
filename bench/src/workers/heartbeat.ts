import { Redis } from 'ioredis'
import { sharedNowMs } from '../clock.ts'
import type { Endpoint } from '../redis-clients/client.ts'
import { redisOptions } from '../redis-clients/ioredis.ts'
import { serve } from './serve.ts'

/** The heartbeat of the platform: a write at a steady pace, which ends the platform after too many failures in a row. */

export interface Heartbeats {
  written: number
  failed: number
  /** Writes that failed one after the other, at most. */
  failedInARow: number
  /** Attempts to connect that failed one after the other, at most. */
  reconnectsInARow: number
  /** The longest time between two acknowledged heartbeats (in milliseconds). */
  longestGapMs: number
}

let client: Redis
let timer: NodeJS.Timeout
let failures = 0
let reconnects = 0
let lastMs = 0
const seen: Heartbeats = { written: 0, failed: 0, failedInARow: 0, reconnectsInARow: 0, longestGapMs: 0 }

async function beat(): Promise<void> {
  try {
    await client.set('heartbeat', String(Date.now()))
    seen.written += 1
    failures = 0
    noteGap()
    lastMs = sharedNowMs()
  } catch {
    seen.failed += 1
    failures += 1
    seen.failedInARow = Math.max(seen.failedInARow, failures)
  }
}

function noteGap(): void {
  seen.longestGapMs = Math.max(seen.longestGapMs, sharedNowMs() - lastMs)
}

const methods = {
  async start(endpoint: Endpoint, everyMs: number): Promise<void> {
    client = new Redis(redisOptions(endpoint))
    client.on('error', () => {})
    client.on('ready', () => {
      reconnects = 0
    })
    client.on('reconnecting', () => {
      reconnects += 1
      seen.reconnectsInARow = Math.max(seen.reconnectsInARow, reconnects)
    })
    await client.ping()
    lastMs = sharedNowMs()
    timer = setInterval(() => void beat(), everyMs)
  },

  async stop(): Promise<Heartbeats> {
    clearInterval(timer)
    noteGap()
    client.disconnect()
    return seen
  },
}

export type HeartbeatWorker = typeof methods
serve(methods)
