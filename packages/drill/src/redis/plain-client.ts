import type { NodeAddress } from '@holdfast/tokens/redis'
import { createClient } from '@redis/client'

/** A client of Redis as applications have it: node-redis with its defaults. */
export interface PlainClient {
  get(key: string): Promise<unknown>
  incr(key: string): Promise<unknown>
  set(key: string, value: string, options: { EX: number }): Promise<unknown>
  /** How many of its connections have ended by themselves. */
  readonly endedConnections: number
  close(): void
}

/** Connects to the proxy as to one Redis. Rejects if that fails. */
export async function connectPlainClient(
  { host, port }: NodeAddress,
  login: { username: string; password: string },
): Promise<PlainClient> {
  const client = createClient({ ...login, socket: { host, port } })
  let isOpen = false
  let ended = 0
  client.on('ready', () => {
    isOpen = true
  })
  // After the first error of a connection come those of the attempts to connect again.
  client.on('error', () => {
    if (isOpen) ended += 1
    isOpen = false
  })
  try {
    await client.connect()
  } catch (error) {
    client.destroy()
    throw error
  }
  return {
    get: (key) => client.get(key),
    incr: (key) => client.incr(key),
    set: (key, value, options) => client.set(key, value, options),
    get endedConnections() {
      return ended
    },
    close: () => client.destroy(),
  }
}
