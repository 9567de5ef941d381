import { appendFileSync, readFileSync } from 'node:fs'
import { Redis } from 'ioredis'

/** What became of one write. */
export interface Written {
  /** Its key is `beat:<number>`, its value the number. */
  number: number
  /** The address of the Redis that acknowledged it; null when none did. */
  by: string | null
  /** Replicas that had it then; 0 when that is not known, because another connection answered. */
  replicas: number
  /** What was read back, at once. */
  read: string | null
  problem?: string
}

const EVERY_MS = 50
/** Shorter than that: WAIT holds up all that is sent behind it, and after a failover one replica is all there is. */
const REPLICATED_WITHIN_MS = 30

// Somebody else's application: ioredis with the rendered properties, and not one option of its own. It writes and
// reads every 50 ms, and appends what became of each as a line of JSON. Arguments: redisProps.json, the report.
const [propertiesFile = '', report = ''] = process.argv.slice(2)
const { redisProps } = JSON.parse(readFileSync(propertiesFile, 'utf8'))
const client = new Redis(redisProps)
client.on('error', () => {})

async function beat(number: number): Promise<Written> {
  const key = `beat:${number}`
  try {
    await client.set(key, number)
    const { stream } = client
    const by = 'remoteAddress' in stream ? (stream.remoteAddress ?? null) : null
    const replicas = await client.wait(2, REPLICATED_WITHIN_MS)
    // A WAIT that was sent again, on a connection that wrote nothing, says nothing of this write.
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
