import { appendFileSync, readFileSync } from 'node:fs'
import { Redis } from 'ioredis'

/** The result of one write. */
export interface Written {
  /** Its key is `beat:<number>`, its value the number. */
  number: number
  /** The address of the Redis that acknowledged it. Null if none did, or if the connection ended just then. */
  by: string | null
  /** The number of replicas that had it at that time. 0 if unknown, because another connection answered. */
  replicas: number
  /** The value that was read immediately after the write. */
  read: string | null
  problem?: string
}

const EVERY_MS = 50
/** Short, because WAIT blocks every later command on the connection, and after a failover there is only one replica. */
const REPLICATED_WITHIN_MS = 30

// An application that does not use the library: ioredis with only the rendered properties. It writes and
// reads every 50 ms, and appends each result as a line of JSON. Arguments: redisProps.json, the report.
const [propertiesFile = '', report = ''] = process.argv.slice(2)
const { redisProps } = JSON.parse(readFileSync(propertiesFile, 'utf8'))
const client = new Redis(redisProps)
const addressOf = (stream: typeof client.stream): string | null =>
  'remoteAddress' in stream ? (stream.remoteAddress ?? null) : null
client.on('error', () => {})
// Node keeps the address that it has read once. After the other end reset the connection, it could not read it any more.
client.on('connect', () => addressOf(client.stream))

async function beat(number: number): Promise<Written> {
  const key = `beat:${number}`
  try {
    await client.set(key, number)
    const { stream } = client
    const by = addressOf(stream)
    const replicas = await client.wait(2, REPLICATED_WITHIN_MS)
    // A WAIT that was repeated on a connection that wrote nothing does not cover this write.
    return { number, by, replicas: client.stream === stream ? replicas : 0, read: await client.get(key) }
  } catch (error) {
    return { number, by: null, replicas: 0, read: null, problem: String(error) }
  }
}

let next = 0
setInterval(() => {
  next += 1
  void beat(next).then((written) => appendFileSync(report, `${JSON.stringify(written)}\n`))
}, EVERY_MS)
