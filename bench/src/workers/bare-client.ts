import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes } from 'node:crypto'
import { createClient, RESP_TYPES } from '@redis/client'
import { contentOf } from '../content.ts'
import type { NodeLogin } from '../data-centre.ts'
import { type Latencies, runInLoops, type Throughput, timeInLoops } from '../loops.ts'
import { serve } from './serve.ts'

/** The client library alone: one plain connection to the primary, RESP3, Buffers, no command timeout. */

const connectTo = ({ host, port, username, password }: NodeLogin) =>
  createClient({
    RESP: 3,
    username,
    password,
    socket: { host, port },
    commandOptions: { timeout: 0, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  })

let client: ReturnType<typeof connectTo>

const methods = {
  async open(login: NodeLogin): Promise<void> {
    client = connectTo(login)
    client.on('error', (error: Error) => {
      throw error
    })
    await client.connect()
  },

  get: (durationMs: number, concurrency: number, keys: string[]): Promise<Throughput> =>
    runInLoops(durationMs, concurrency, async (turn) => {
      if ((await client.get(keys[turn % keys.length] ?? '')) === null) throw new Error('A key has no value.')
    }),

  /**
   * Does the same, and the minimum work to open a sealed record of this size: a key from one SHA-256 of the token, as
   * Holdfast derives it, and AES-256-GCM.
   */
  getAndOpen: (durationMs: number, concurrency: number, keys: string[]): Promise<Throughput> => {
    const sealed = createSecretKey(randomBytes(32))
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', sealed, iv)
    const text = JSON.stringify(contentOf(0))
    const box = Buffer.concat([cipher.update(text), cipher.final()])
    const tag = cipher.getAuthTag()
    return runInLoops(durationMs, concurrency, async (turn) => {
      if ((await client.get(keys[turn % keys.length] ?? '')) === null) throw new Error('A key has no value.')
      // The record of this benchmark has one fixed key, so the derived one is not used.
      createSecretKey(hash('sha256', `a token of 55 characters and its purpose ${turn}`, 'hex'), 'hex')
      const decipher = createDecipheriv('aes-256-gcm', sealed, iv).setAuthTag(tag)
      JSON.parse(decipher.update(box, undefined, 'utf8') + decipher.final('utf8'))
    })
  },

  set: (durationMs: number, concurrency: number, valueBytes: number): Promise<Latencies> => {
    const value = Buffer.alloc(valueBytes, 'x')
    return timeInLoops(durationMs, concurrency, async (turn) => {
      await client.set(`bench:set:${turn}`, value, { PX: 3_600_000 })
    })
  },
}

export type BareClientWorker = typeof methods
serve(methods)
