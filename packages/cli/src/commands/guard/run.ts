import { guardHost } from '@holdfast/agent/guard/guard-host'
import { readHostConfig } from '@holdfast/agent/host/config'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { logEvent, logLine, untilStopped } from '../../command-line/service.ts'

export type GuardOptions = { config: string; write: string; bootId?: string }

/** Waits until the Redis of this host may start. Throws what `guardHost` throws. */
export async function guard({ config, write, bootId }: GuardOptions): Promise<ExitCode> {
  await guardHost(await readHostConfig(config), {
    startFile: write,
    ...(bootId !== undefined && { bootId }),
    onHold: (why) => logLine(`Redis is not started: ${why}`),
    log: logEvent,
    signal: untilStopped(),
  })
  return EXIT.ok
}
