import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatAddress } from '@holdfast/tokens/redis'
import { systemCode } from '../errors.ts'
import { dataSetIsThere } from '../state/data-set.ts'
import { lastRunIn, readBootId, recordStart, STARTED_FILE } from '../state/last-run.ts'
import { DataFiles } from '../supervise/data-files.ts'
import { guardStart } from '../supervise/guard.ts'
import { askForFailover } from './ask-for-failover.ts'
import type { HostConfig } from './config.ts'
import { HostGroup } from './group.ts'

/** The file in the state folder whose time is when Redis crashed last; the unit touches it. */
const CRASHED_FILE = 'crashed'

export interface GuardHostOptions {
  /** Where the arguments for Redis are written, as `HOLDFAST_START=…` for the unit's own line. */
  startFile: string
  /** Identifies this boot of the machine. Default is what the kernel shows, which a unit may hide. */
  bootId?: string
  /** Why this Redis must not start at present, with what to do. Once for each reason. */
  onHold: (why: string) => void
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

/**
 * Waits until the Redis of a real host may start, and says as what. See `guardStart` for the rules; in addition a
 * Redis without data begins as a primary only when every other Redis answers and is empty, too: that is a first start.
 * Rejects when the signal aborts.
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
  let held: string | null = null
  try {
    const args = await guardStart(
      {
        self: formatAddress(config.self),
        timings: config,
        initialised: () => true,
        dataSetIsThere: async () => (await dataSetIsThere(stateFolder)) || (await group.everyOtherIsEmpty()),
        sentinelAnswers: async () => {
          const [answers, survivors] = await Promise.all([group.sentinelAnswers(), group.survivors()])
          // One that has followed no primary since its own start has nothing that this one may lack.
          canTakeOver = survivors.some(({ offset }) => offset > 0)
          return answers
        },
        primaryInFiles: () => followedIn(join(stateFolder, 'redis.conf')),
        othersRunSince: () => canTakeOver,
        // The watchdog is another process; it gives up some time before a guard stops waiting.
        endWatchdog: async () => {},
        files: new DataFiles({
          dataFolder: stateFolder,
          aclFile: join(stateFolder, 'users.acl'),
          server: config.server,
          log: options.log,
        }),
        primaryWithData: () => group.primaryWithData(),
        lostPower: lastRun === 'power',
        // The watchdog, which asks after every other end, has lost power, too. Two that ask may begin two failovers.
        ...(lastRun === 'power' && {
          askForFailover: (signal) => askForFailover(config, group, options.log, signal),
        }),
      },
      {
        // Also after a clean stop: the watchdog asks for a failover whenever the process of a primary ends.
        endedAtMs: crashedAt ?? performance.now(),
        signal: options.signal,
        hold: (why) => {
          if (held !== why) options.onHold(why)
          held = why
        },
      },
    )
    await recordStart(stateFolder, bootId)
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

/** When systemd last saw a crash, as `performance.now()` tells it; null when it has seen none since the last start. */
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
