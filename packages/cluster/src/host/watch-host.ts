import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { systemCode } from '../errors.ts'
import { hastenFailovers } from '../supervise/hasten.ts'
import { PERIODS_COMMAND } from '../supervise/sentinel-settings.ts'
import { type WatchdogOutcome, watchOver } from '../supervise/watchdog.ts'
import type { HostConfig } from './config.ts'
import { markFirstData } from './first-mark.ts'
import { HostGroup } from './group.ts'

export interface WatchHostOptions {
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

const LOOK_AGAIN_MS = 100

/** A Sentinel that was started again has its own periods for so long at most. */
const PERIODS_EVERY_MS = 2000

/**
 * Watches a real host for ever. When the process of its Redis ends while it was primary, asks for the failover at once
 * (see `watchOver`); hastens every failover (see `hastenFailovers`); gives the Sentinel of the host the periods that it
 * takes at run time only; and writes the group's mark into a new data centre (see `markFirstData`). A process has ended when its connections close and its port then refuses one: that nobody answers
 * proves nothing, and leads to nothing. Rejects when the signal aborts.
 */
export async function watchHost(config: HostConfig, { log, signal }: WatchHostOptions): Promise<void> {
  const group = await HostGroup.open(config)
  try {
    await Promise.all([
      watchRedis(config, group, { log, signal }),
      hastenFailovers(hastening(config, group, log), signal),
      keepPeriods(config, group, signal),
      markFirstData(config, group, signal),
    ])
  } finally {
    group.close()
  }
}

async function watchRedis(
  config: HostConfig,
  group: HostGroup,
  { log, signal }: WatchHostOptions,
): Promise<never> {
  for (;;) {
    await untilItEnds(config, signal)
    log('Redis has ended', {})
    const outcome = await askForFailover(config, group, log, signal)
    log(outcome, {})
  }
}

const hastening = ({ sentinels }: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  sentinels,
  askSentinel: (sentinel: NodeAddress) => group.askSentinel(sentinel),
  viewsWithout: (address: string) => group.viewsWithout(address),
  tellNode: (node: NodeAddress, command: string[]) => group.tellNode(node, command),
  log,
})

async function keepPeriods({ sentinel }: HostConfig, group: HostGroup, signal: AbortSignal): Promise<never> {
  for (;;) {
    // One that is down gets them when it is back.
    if (sentinel !== null) await group.tellSentinel(sentinel, [...PERIODS_COMMAND]).catch(() => {})
    await sleep(PERIODS_EVERY_MS, undefined, { signal })
  }
}

function askForFailover(
  config: HostConfig,
  group: HostGroup,
  log: WatchHostOptions['log'],
  signal: AbortSignal,
): Promise<WatchdogOutcome> {
  return watchOver(
    config.self,
    {
      primaryName: config.primaryName,
      sentinelAnswers: () => group.sentinelAnswers(),
      survivors: () => group.survivors(),
      tellSentinel: (sentinel, command) => group.tellSentinel(sentinel, command),
      tellNode: (node, command) => group.tellNode(node, command),
      log,
      // Less than the guard waits: a failover must not be asked for when Redis is let start as primary.
      limitMs: config.downAfterMs + config.failoverTimeoutMs,
    },
    signal,
  )
}

/** Waits until Redis runs, and then until its process has ended. */
async function untilItEnds({ self }: HostConfig, signal: AbortSignal): Promise<void> {
  let ran = false
  for (;;) {
    signal.throwIfAborted()
    const socket = connect(self)
    const found = await opened(socket)
    if (found === 'open') {
      ran = true
      await closed(socket, signal)
      continue
    }
    if (ran && found === 'refused') return
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}

async function opened(socket: Socket): Promise<'open' | 'refused' | 'unknown'> {
  try {
    await once(socket, 'connect')
    return 'open'
  } catch (error) {
    return systemCode(error) === 'ECONNREFUSED' ? 'refused' : 'unknown'
  }
}

/** However it ends: a connection that a dying process had not accepted yet is reset. */
async function closed(socket: Socket, signal: AbortSignal): Promise<void> {
  const end = () => socket.destroy()
  signal.addEventListener('abort', end, { once: true })
  socket.on('error', end)
  socket.resume()
  await new Promise((resolve) => socket.once('close', resolve))
  signal.removeEventListener('abort', end)
}
