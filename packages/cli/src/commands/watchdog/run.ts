import { readHostConfig } from '@holdfast/agent/host/config'
import { watchHost } from '@holdfast/agent/watchdog/watch-host'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { logEvent, untilStopped } from '../../command-line/service.ts'

export type WatchdogOptions = { config: string }

/** Watches the Redis of this host until systemd stops it. Throws what `watchHost` throws. */
export async function watchdog({ config }: WatchdogOptions): Promise<ExitCode> {
  const signal = untilStopped()
  try {
    await watchHost(await readHostConfig(config), { log: logEvent, signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return EXIT.ok
}
