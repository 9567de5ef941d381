import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '@holdfast/site/errors'
import { formatAddress } from '@holdfast/tokens/redis'
import type { HostConfig } from '../host/config.ts'
import { HostGroup } from '../host/group.ts'
import { askForFailover, requestLimitMs } from '../watchdog/watchdog.ts'
import { DataFiles } from './data-files.ts'
import { hasDataSet } from './data-set.ts'
import { guardStart } from './guard.ts'
import { lastRunIn, readBootId, recordStart, STARTED_FILE } from './last-run.ts'

/** A file in the state folder. The unit touches it when Redis crashes, so its mtime is the time of the last crash. */
const CRASHED_FILE = 'crashed'

export interface GuardHostOptions {
  /** The environment file for the unit, which gets the arguments for Redis as `HOLDFAST_START=…`. */
  startFile: string
  /** Identifies this boot of the machine. Default is the kernel's boot id, which a unit may hide. */
  bootId?: string
  /** Called once for each reason why this Redis must not start now. The reason says what to do. */
  onHold: (why: string) => void
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

/**
 * Waits until the Redis of a real host may start, and writes the arguments to start it with. See `guardStart` for the
 * rules. In addition, a Redis without data starts as a primary only when every other Redis answers and is empty as well:
 * that is a first start. Rejects when the signal aborts.
 * INV-AGENT-2.
 */
export async function guardHost(config: HostConfig, options: GuardHostOptions): Promise<void> {
  const { stateFolder } = config
  const bootId = (options.bootId ?? (await readBootId())).replaceAll('-', '')
  const lastRun = await lastRunIn(stateFolder, bootId)
  const crashedAt = lastRun === 'crash' ? await crashedAtMs(stateFolder) : null
  if (lastRun === 'power') options.log('the machine was reset while Redis ran', {})
  const group = await HostGroup.open(config)
  let canTakeOver = false
  let lastReason: string | null = null
  try {
    const args = await guardStart(
      {
        self: formatAddress(config.self),
        timings: config,
        initialised: () => true,
        hasDataSet: async () =>
          (await hasDataSet(stateFolder)) || (await group.everyOtherIsEmpty(config.self)),
        sentinelAnswers: async () => {
          const [answers, survivors] = await Promise.all([
            group.sentinelAnswers(),
            group.survivors(config.self),
          ])
          // A Redis that has followed no primary since its own start has no data that this Redis may lack.
          canTakeOver = survivors.some(({ offset }) => offset > 0)
          return answers
        },
        primaryInFiles: () => primaryInConfig(join(stateFolder, 'redis.conf')),
        othersRunSince: () => canTakeOver,
        // The watchdog is another process. It gives up before a guard stops waiting.
        endWatchdog: async () => {},
        files: new DataFiles({
          dataFolder: stateFolder,
          aclFile: join(stateFolder, 'users.acl'),
          server: config.server,
          log: options.log,
        }),
        primaryWithData: () => group.primaryWithData(config.self, config.mark),
        lostPower: lastRun === 'power',
        // Usually the watchdog requests the failover, but it has lost power as well. Two requests may start two failovers.
        ...(lastRun === 'power' && {
          askForFailover: (signal) => {
            const request = { group, limitMs: requestLimitMs(config), log: options.log }
            return askForFailover(config.self, request, signal).catch((error: unknown) => {
              if (!signal.aborted) options.log('a failover could not be requested', { reason: String(error) })
            })
          },
        }),
      },
      {
        // Also after a clean stop: the watchdog requests a failover whenever the process of a primary ends.
        endedAtMs: crashedAt ?? performance.now(),
        signal: options.signal,
        hold: (why) => {
          if (lastReason !== why) options.onHold(why)
          lastReason = why
        },
      },
    )
    await recordStart(stateFolder, bootId)
    await writeFile(options.startFile, `HOLDFAST_START=${args.join(' ')}\n`)
  } finally {
    group.close()
  }
}

/** `host:port` of the primary in this Redis' own configuration file, or null. */
async function primaryInConfig(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8')
  const [, host, port] = /^(?:replicaof|slaveof) (\S+) (\d+)$/m.exec(text) ?? []
  return host === undefined ? null : formatAddress({ host: host.replaceAll('"', ''), port: Number(port) })
}

/** The time of the last crash on the clock of `performance.now()`; null when there was none since the last start. */
async function crashedAtMs(stateFolder: string): Promise<number | null> {
  try {
    const [crashed, started] = await Promise.all(
      [CRASHED_FILE, STARTED_FILE].map((name) => stat(join(stateFolder, name))),
    )
    if (crashed === undefined || started === undefined || crashed.mtimeMs < started.mtimeMs) return null
    return performance.now() - (Date.now() - crashed.mtimeMs)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}
