import { Redis } from 'ioredis'
import type { Endpoint } from '../redis-clients/client.ts'
import { redisOptions } from '../redis-clients/ioredis.ts'
import { serve } from './serve.ts'

/** Applications that increment one counter, and note what they were answered. */

interface Increments {
  acknowledged: number
  /** Different numbers among the answers. */
  distinct: number
  /** Answered UNCERTAIN. */
  uncertain: number
  /** Answered UNAVAILABLE: nothing was done. */
  unavailable: number
  otherErrors: string[]
}

const CLIENTS = 10
const IN_FLIGHT = 5
let clients: Redis[] = []
const answers = new Set<number>()
const seen: Increments = { acknowledged: 0, distinct: 0, uncertain: 0, unavailable: 0, otherErrors: [] }

async function increment(client: Redis, key: string): Promise<void> {
  try {
    answers.add(await client.incr(key))
    seen.acknowledged += 1
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (message.startsWith('UNCERTAIN')) seen.uncertain += 1
    else if (message.startsWith('UNAVAILABLE')) seen.unavailable += 1
    else seen.otherErrors.push(message)
  }
}

const methods = {
  async open(endpoint: Endpoint): Promise<void> {
    clients = Array.from({ length: CLIENTS }, () => new Redis(redisOptions(endpoint)))
    for (const client of clients) client.on('error', () => {})
  },

  /** Increments `count` times, and returns what all calls so far noticed. */
  async run(key: string, count: number): Promise<Increments> {
    let left = count
    const loop = async (client: Redis) => {
      while (left > 0) {
        left -= 1
        await increment(client, key)
      }
    }
    await Promise.all(clients.flatMap((client) => Array.from({ length: IN_FLIGHT }, () => loop(client))))
    return { ...seen, distinct: answers.size }
  },

  async acknowledged(): Promise<number> {
    return seen.acknowledged
  },
}

export type IncrementingWorker = typeof methods
serve(methods)
