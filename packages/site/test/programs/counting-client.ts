import { Redis } from 'ioredis'

/** How many clients count at the same time, on one connection. */
const AT_ONCE = 8

// An unmodified client of the proxy at REDIS_URL. It counts until its standard input ends, then prints as JSON how many
// commands were answered, the counter, and the errors.
const client = new Redis(process.env['REDIS_URL'] ?? '')
const problems: string[] = []
client.on('error', () => {})
let isOn = true
let answered = 0
process.stdin.on('end', () => {
  isOn = false
})
process.stdin.resume()

async function count(): Promise<void> {
  while (isOn) {
    try {
      await client.incr('sess:count')
      answered += 1
    } catch (error) {
      problems.push(String(error))
    }
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, count))
process.stdout.write(JSON.stringify({ answered, counter: Number(await client.get('sess:count')), problems }))
client.disconnect()
