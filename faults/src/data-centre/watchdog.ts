import { readHostConfig } from '@holdfast/agent/host/config'
import { watchHost } from '@holdfast/agent/watchdog/watch-host'

/**
 * Runs the product's watchdog of one data host until the process is killed. Its only argument is the host's
 * `host.json`.
 */
const [config = ''] = process.argv.slice(2)
process.stdout.write('watching\n')
await watchHost(await readHostConfig(config), {
  log: (event, details) => process.stdout.write(`${event} ${JSON.stringify(details)}\n`),
  signal: new AbortController().signal,
})
