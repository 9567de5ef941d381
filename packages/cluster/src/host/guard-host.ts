import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatAddress } from '@holdfast/tokens/redis'
import { systemCode } from '../errors.ts'
import { dataSetIsThere } from '../state/data-set.ts'
import { guardStart } from '../supervise/guard.ts'
import type { HostConfig } from './config.ts'
import { HostGroup } from './group.ts'

/** The file in the state folder whose time is when Redis crashed last; the unit touches it. */
const CRASHED_FILE = 'crashed'

export interface GuardHostOptions {
  /** Where the arguments for Redis are written, as `HOLDFAST_START=…` for systemd's `EnvironmentFile`. */
  startFile: string
  /** Told once, when this Redis has lost its data and waits for a failover. */
  onHold: () => void
  signal: AbortSignal
}

/**
 * Waits until the Redis of a real host may start, and says as what. See `guardStart` for the rules; in addition a
 * Redis without data begins as a primary only when every other Redis answers and is empty, too: that is a first start.
 * Rejects when the signal aborts.
 */
export async function guardHost(config: HostConfig, options: GuardHostOptions): Promise<void> {
  const group = await HostGroup.open(config)
  let othersAnswer = false
  let held = false
  try {
    const args = await guardStart(
      {
        self: formatAddress(config.self),
        timings: config,
        initialised: () => true,
        dataSetIsThere: async () =>
          (await dataSetIsThere(config.stateFolder)) || (await group.everyOtherIsEmpty()),
        sentinelAnswers: async () => {
          const [answers, survivors] = await Promise.all([group.sentinelAnswers(), group.survivors()])
          othersAnswer = survivors.length > 0
          return answers
        },
        primaryInFiles: () => followedIn(join(config.stateFolder, 'redis.conf')),
        othersRunSince: () => othersAnswer,
        // The watchdog is another process; it gives up some time before a guard stops waiting.
        endWatchdog: async () => {},
      },
      {
        endedAtMs: await crashedAtMs(join(config.stateFolder, CRASHED_FILE)),
        signal: options.signal,
        hold: () => {
          if (!held) options.onHold()
          held = true
        },
      },
    )
    await writeFile(options.startFile, `HOLDFAST_START=${args.join(' ')}\n`)
  } finally {
    group.close()
  }
}

/** `host:port` of the Redis that this one's own file says to follow, or null. */
async function followedIn(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8')
  const [, host, port] = /^(?:replicaof|slaveof) (\S+) (\d+)$/m.exec(text) ?? []
  return host === undefined ? null : formatAddress({ host: host.replaceAll('"', ''), port: Number(port) })
}

/** The file's time as `performance.now()` tells it, or null when there is none. */
async function crashedAtMs(file: string): Promise<number | null> {
  try {
    const { mtimeMs } = await stat(file)
    return performance.now() - (Date.now() - mtimeMs)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}
