import { Redis } from 'ioredis'
import { type ClientKind, type Endpoint, forKey, numberOf } from './client.ts'

const CONNECTIONS = 3
/** The settings of the platform whose client this is (`packages/site/src/render/itential.ts`). */
const PLATFORM = { maxRetriesPerRequest: 20, db: 0 }

/** The options of the platform's client. */
export function redisOptions({ address, sentinels, primaryName, ...login }: Endpoint) {
  const { username, password } = login
  return address === null
    ? {
        ...PLATFORM,
        ...login,
        sentinels: sentinels.map(({ host, port }) => ({ host, port })),
        name: primaryName,
      }
    : { ...PLATFORM, ...address, username, password }
}

export const ioredis: ClientKind = {
  name: 'ioredis',
  about: `ioredis on ${CONNECTIONS} connections with the platform's \`maxRetriesPerRequest: 20\``,
  without: 'Sentinel mode',
  async open(endpoint) {
    let ended = 0
    const clients = Array.from({ length: CONNECTIONS }, () => new Redis(redisOptions(endpoint)))
    for (const client of clients) {
      // Each failed command reports its own error.
      client.on('error', () => {})
      client.on('close', () => {
        ended += 1
      })
      await client.ping()
    }
    ended = 0
    return {
      maxInFlight: Number.POSITIVE_INFINITY,
      get: async (key) => numberOf(await forKey(clients, key).get(key)),
      async set(key, value) {
        await forKey(clients, key).set(key, value)
      },
      counts: {
        increment: (key) => forKey(clients, key).incr(key),
        async push(key, element) {
          await forKey(clients, key).rpush(key, element)
        },
      },
      ended: () => ended,
      async close() {
        for (const client of clients) client.disconnect()
      },
    }
  },
  storedKey: (key) => key,
  numberIn: Number,
}
