import { Redis } from 'ioredis'
import type { NodeLogin } from '../data-centre.ts'
import type { ClientName, Endpoint, RedisClient } from '../redis-clients/client.ts'
import { Journal, type Verdict } from '../redis-clients/journal.ts'
import { kindOf } from '../redis-clients/kinds.ts'
import { Load, type Noticed, type Rates } from '../redis-clients/load.ts'
import { serve } from './serve.ts'

/** An application with an unmodified client under load, and what it noticed. */

let name: ClientName
let client: RedisClient
let journal: Journal
let load: Load

const methods = {
  /** `prefix`: of the keys. `leaseMs`: for how long a deposed primary may answer reads. */
  async start(
    which: ClientName,
    endpoint: Endpoint,
    prefix: string,
    rates: Rates,
    leaseMs: number,
  ): Promise<void> {
    name = which
    client = await kindOf(name).open(endpoint)
    journal = new Journal(prefix)
    load = new Load(client, journal, leaseMs)
    await load.start(rates)
  },

  async changePassword(password: string): Promise<void> {
    await client.changePassword?.(password)
  },

  stop: (): Promise<Noticed> => load.stop(),

  /** Ends the client, and the programs that it started. */
  end: (): Promise<void> => client.close(),

  /** Compares what was acknowledged with what the primary holds. */
  async judge({ host, port, username, password }: NodeLogin): Promise<Verdict> {
    const { storedKey, numberIn } = kindOf(name)
    const primary = new Redis({ host, port, username, password })
    try {
      const keys = [...journal.keys, journal.counter]
      const values = await primary.mget(keys.map(storedKey))
      const stored = new Map(keys.map((key, index) => [key, values[index] ?? null]))
      const elements = await primary.lrange(journal.list, 0, -1)
      return journal.judge({
        numberAt: (key) => {
          const value = stored.get(key) ?? null
          return value === null ? null : numberIn(value)
        },
        elements,
      })
    } finally {
      primary.disconnect()
    }
  },
}

export type RedisClientWorker = typeof methods
serve(methods)
