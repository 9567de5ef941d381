import { Redis } from 'ioredis'
import { type ClientKind, forKey, numberOf } from './client.ts'

const CONNECTIONS = 3
/** The settings of the platform whose client this is (`packages/site/src/render/itential.ts`). */
const PLATFORM = { maxRetriesPerRequest: 20, db: 0 }

export const ioredis: ClientKind = {
  name: 'ioredis',
  about: `ioredis on ${CONNECTIONS} connections with the platform's \`maxRetriesPerRequest: 20\``,
  without: 'Sentinel mode',
  async open({ address, sentinels, primaryName, ...login }) {
    let ended = 0
    const { username, password } = login
    const where =
      address === null
        ? { ...login, sentinels: sentinels.map(({ host, port }) => ({ host, port })), name: primaryName }
        : { ...address, username, password }
    const clients = Array.from({ length: CONNECTIONS }, () => new Redis({ ...where, ...PLATFORM }))
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
