import { createClient, createSentinel } from 'redis'
import { type ClientKind, type Endpoint, forKey, numberOf } from './client.ts'

const CONNECTIONS = 3

/** One connection to the primary, by its address or through Sentinels, with the defaults of node-redis. */
export async function connectNodeRedis(endpoint: Endpoint, onEnd: () => void) {
  const { address, primaryName, username, password, sentinelUsername, sentinelPassword } = endpoint
  if (address !== null) {
    const client = createClient({ username, password, socket: { ...address } })
    client.on('error', () => {})
    client.on('reconnecting', onEnd)
    await client.connect()
    return client
  }
  const client = createSentinel({
    name: primaryName,
    sentinelRootNodes: endpoint.sentinels.map(({ host, port }) => ({ host, port })),
    nodeClientOptions: { username, password },
    sentinelClientOptions: { username: sentinelUsername, password: sentinelPassword },
  })
  // Each failed command reports its own error.
  client.on('error', () => {})
  client.on('client-error', () => {})
  await client.connect()
  return client
}

export const nodeRedis: ClientKind = {
  name: 'node-redis',
  about: `node-redis (\`redis\`) on ${CONNECTIONS} connections with its defaults`,
  without: 'Sentinel mode',
  async open(endpoint) {
    let ended = 0
    const onEnd = () => {
      ended += 1
    }
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => connectNodeRedis(endpoint, onEnd)),
    )
    ended = 0
    return {
      maxInFlight: Number.POSITIVE_INFINITY,
      get: async (key) => numberOf(await forKey(clients, key).get(key)),
      async set(key, value) {
        await forKey(clients, key).set(key, String(value))
      },
      counts: {
        increment: (key) => forKey(clients, key).incr(key),
        async push(key, element) {
          await forKey(clients, key).rPush(key, element)
        },
      },
      // In Sentinel mode it does not tell.
      ended: () => (endpoint.address === null ? null : ended),
      async close() {
        for (const client of clients) client.destroy()
      },
    }
  },
  storedKey: (key) => key,
  numberIn: Number,
}
