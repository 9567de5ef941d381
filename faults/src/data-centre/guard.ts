import { guardHost } from '@holdfast/agent/guard/guard-host'
import { readHostConfig } from '@holdfast/agent/host/config'

/**
 * Runs the product's guard of one data host before its Redis starts. Arguments: the `host.json` of the host, and the
 * file to which the guard writes the start arguments of Redis.
 */
const [config = '', startFile = ''] = process.argv.slice(2)
await guardHost(await readHostConfig(config), {
  startFile,
  onHold: (why) => process.stdout.write(`held: ${why}\n`),
  log: (event, details) => process.stdout.write(`${event} ${JSON.stringify(details)}\n`),
  signal: AbortSignal.timeout(60_000),
})
