import { guardHost } from '@holdfast/agent/guard/guard-host'
import { readHostConfig } from '@holdfast/agent/host/config'

/** The product's guard of one data host, before its Redis starts. Its arguments are the host's `host.json` and where it writes how Redis is to start. */
const [config = '', startFile = ''] = process.argv.slice(2)
await guardHost(await readHostConfig(config), {
  startFile,
  onHold: (why) => process.stdout.write(`held: ${why}\n`),
  log: (event, details) => process.stdout.write(`${event} ${JSON.stringify(details)}\n`),
  signal: AbortSignal.timeout(60_000),
})
