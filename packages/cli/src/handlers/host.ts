import { guardHost, readHostConfig, watchHost } from '@holdfast/cluster/host'
import { EXIT, type ExitCode } from '../exit-codes.ts'

export type GuardOptions = { config: string; write: string; bootId?: string }

/** Waits until the Redis of this host may start. Throws what `guardHost` throws. */
export async function guard({ config, write, bootId }: GuardOptions): Promise<ExitCode> {
  await guardHost(await readHostConfig(config), {
    startFile: write,
    ...(bootId !== undefined && { bootId }),
    onHold: (why) => say(`Redis is not started: ${why}`),
    log,
    signal: untilAsked(),
  })
  return EXIT.ok
}

export type WatchdogOptions = { config: string }

/** Watches the Redis of this host until it is told to end. Throws what `watchHost` throws. */
export async function watchdog({ config }: WatchdogOptions): Promise<ExitCode> {
  const signal = untilAsked()
  try {
    await watchHost(await readHostConfig(config), {
      log,
      signal,
    })
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return EXIT.ok
}

/** Aborts when systemd asks for the end. */
function untilAsked(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

const log = (event: string, details: Record<string, unknown>) => say(`${event} ${JSON.stringify(details)}`)

const say = (text: string) => process.stderr.write(`${text}\n`)
