import { guardHost, readHostConfig, watchHost } from '@holdfast/cluster/host'
import type { CommandSpec, OptionSpec } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

const CONFIG_OPTION: OptionSpec = {
  flags: '--config <file>',
  summary: 'host.json, as `holdfast render` writes it',
  required: true,
}

/** What systemd starts before a Redis of a real host. */
export const guard: CommandSpec<{ config: string; write: string }> = {
  name: 'guard',
  summary: 'wait until the Redis of this host may start, and say as what (for its systemd unit)',
  options: [
    CONFIG_OPTION,
    { flags: '--write <file>', summary: 'where HOLDFAST_START is written', required: true },
  ],
  async handler({ config, write }) {
    await guardHost(await readHostConfig(config), {
      startFile: write,
      onHold: () =>
        say('This Redis was primary and has lost its data: it waits until another one is promoted.'),
      signal: untilAsked(),
    })
    return EXIT.ok
  },
}

/** What systemd keeps running beside a Redis of a real host. */
export const watchdog: CommandSpec<{ config: string }> = {
  name: 'watchdog',
  summary: 'ask for a failover as soon as the Redis of this host ends while primary (for its systemd unit)',
  options: [CONFIG_OPTION],
  async handler({ config }) {
    const signal = untilAsked()
    try {
      await watchHost(await readHostConfig(config), {
        log: (event, details) => say(`${event} ${JSON.stringify(details)}`),
        signal,
      })
    } catch (error) {
      if (!signal.aborted) throw error
    }
    return EXIT.ok
  },
}

/** Aborts when systemd asks for the end. */
function untilAsked(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

const say = (text: string) => process.stderr.write(`${text}\n`)
