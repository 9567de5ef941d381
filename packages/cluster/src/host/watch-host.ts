import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { systemCode } from '../errors.ts'
import { hastenFailovers } from '../supervise/hasten.ts'
import { repeatSplitVotes } from '../supervise/split-vote.ts'
import { redialStalledLink } from '../supervise/stalled-link.ts'
import { watchSuccession } from '../supervise/succession.ts'
import { askForFailover } from './ask-for-failover.ts'
import type { HostConfig } from './config.ts'
import { markFirstData } from './first-mark.ts'
import { HostGroup } from './group.ts'

export interface WatchHostOptions {
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

const LOOK_AGAIN_MS = 100

/**
 * Watches a real host for ever. When the process of its Redis ends while it was primary, asks for the failover at once
 * (see `watchOver`); hastens every failover (see `hastenFailovers`); has its Sentinel repeat a split vote (see
 * `repeatSplitVotes`), and keeps its periods; has its Redis dial a silent primary anew (see `redialStalledLink`), and follow
 * who has replaced it (see `watchSuccession`); and writes the group's mark into a new data centre (see `markFirstData`). A process has ended
 * when its connections close and its port then refuses one: that nobody answers proves nothing, and leads to nothing.
 * Rejects when the signal aborts.
 */
export async function watchHost(config: HostConfig, { log, signal }: WatchHostOptions): Promise<void> {
  const group = await HostGroup.open(config)
  try {
    await Promise.all([
      watchRedis(config, group, { log, signal }),
      hastenFailovers(hastening(config, group, log), signal),
      repeatSplitVotes(voting(config, group, log), signal),
      redialStalledLink(linking(config, group, log), signal),
      watchSuccession(succeeding(config, group, log), signal),
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

const voting = (config: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  own: config.sentinel === null ? [] : [config.sentinel],
  all: config.sentinels,
  primaryName: config.primaryName,
  failoverTimeoutMs: config.failoverTimeoutMs,
  tellSentinel: (sentinel: NodeAddress, commands: string[][]) => group.tellSentinelAll(sentinel, commands),
  log,
})

const linking = ({ self, redis }: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  replica: self,
  all: redis,
  view: (node: NodeAddress, timeoutMs: number) => group.view(node, timeoutMs),
  tellNode: (node: NodeAddress, command: string[]) => group.tellNode(node, command),
  log,
})

const succeeding = ({ self, sentinel }: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  own: { redis: [self], sentinels: sentinel === null ? [] : [sentinel] },
  views: () => group.views(),
  announcements: () => group.announcements(),
  tellNode: (node: NodeAddress, command: string[]) => group.tellNode(node, command),
  tellSentinel: (node: NodeAddress, command: string[]) => group.tellSentinel(node, command),
  log,
})

/** Waits until Redis runs, and then until its process has ended. */
async function untilItEnds({ self }: HostConfig, signal: AbortSignal): Promise<void> {
  let ran = false
  for (;;) {
    signal.throwIfAborted()
    const socket = connect({ ...self, signal })
    const found = await opened(socket)
    if (found === 'open') {
      ran = true
      await closed(socket)
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
async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => socket.destroy())
  socket.resume()
  await new Promise((resolve) => socket.once('close', resolve))
}
