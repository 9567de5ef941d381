import type { NodeAddress } from '@holdfast/tokens/redis'
import { REPLICA_PRIORITY } from '../site/site.ts'
import { CLOSING, closeAbandonedElections } from '../supervise/abandoned-election.ts'
import { guardClock, LEAVING_WRONG_CLOCK } from '../supervise/clock-guard.ts'
import { Greetings } from '../supervise/greetings.ts'
import { hastenFailovers } from '../supervise/hasten.ts'
import { repeatSplitVotes } from '../supervise/split-vote.ts'
import { redialStalledLink } from '../supervise/stalled-link.ts'
import { watchSuccession } from '../supervise/succession.ts'
import { askForFailover } from './ask-for-failover.ts'
import type { HostConfig } from './config.ts'
import { markFirstData } from './first-mark.ts'
import { HostGroup } from './group.ts'
import { untilRedisEnds } from './redis-process.ts'

export interface WatchHostOptions {
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

/** Deadline of a question in the middle of a handover. */
const HAND_OVER_MS = 500

/**
 * Watches a real host for ever. When the process of its Redis ends while it was primary, asks for the failover at once
 * (see `watchOver`); hastens every failover (see `hastenFailovers`); has its Sentinel repeat a split vote (see
 * `repeatSplitVotes`), and keeps its periods; has its Redis dial a silent primary anew (see `redialStalledLink`), and follow
 * who has replaced it (see `watchSuccession`); writes the group's mark into a new data centre (see `markFirstData`); closes elections that were
 * abandoned while its Redis is primary (see `closeAbandonedElections`); and keeps its Redis from being primary while its clock
 * is wrong (see `guardClock`).
 * Whether the process has ended, the kernel says (see `untilRedisEnds`): a Redis that refuses or closes connections may live.
 * Rejects when the signal aborts.
 */
export async function watchHost(config: HostConfig, { log, signal }: WatchHostOptions): Promise<void> {
  const group = await HostGroup.open(config)
  const greetings = new Greetings({
    redis: [config.self],
    primaryName: config.primaryName,
    open: (node, timeoutMs) => group.open(node, timeoutMs),
  })
  try {
    await Promise.all([
      watchRedis(config, group, { log, signal }),
      hastenFailovers(hastening(config, group, log), signal),
      repeatSplitVotes(voting(config, group, log), signal),
      redialStalledLink(linking(config, group, log), signal),
      watchSuccession(succeeding(config, group, log), signal),
      markFirstData(config, group, signal),
      greetings.listen(signal),
      closeAbandonedElections(closing(config, group, greetings, log), signal),
      guardClock(clockGuarding(config, group, log), signal),
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
    await untilRedisEnds(() => group.pidOf(config.self), signal)
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

const handingOver = (
  { sentinels, primaryName, failoverTimeoutMs }: HostConfig,
  group: HostGroup,
  log: WatchHostOptions['log'],
) => ({
  plannedSentinels: sentinels.length,
  primaryName,
  failoverTimeoutMs,
  sentinelAnswers: () => group.sentinelAnswers(),
  views: () => group.views(),
  view: (node: NodeAddress) => group.view(node, HAND_OVER_MS),
  tellNode: (node: NodeAddress, command: string[]) => group.tellNode(node, command),
  tellSentinel: (node: NodeAddress, command: string[]) => group.tellSentinel(node, command),
  log,
})

const closing = (
  config: HostConfig,
  group: HostGroup,
  greetings: Greetings,
  log: WatchHostOptions['log'],
) => ({
  ...handingOver(config, group, log),
  own: [config.self],
  newestEpoch: () => greetings.newestEpoch,
  claim: () => group.claim(CLOSING),
})

const clockGuarding = (config: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  ...handingOver(config, group, log),
  self: config.self,
  all: config.redis,
  plannedPriority: config.priority ?? REPLICA_PRIORITY,
  claim: () => group.claim(LEAVING_WRONG_CLOCK),
})
