import { REPLICA_PRIORITY } from '@holdfast/site/file/site'
import type { NodeAddress } from '@holdfast/tokens/redis'
import type { HostConfig } from '../host/config.ts'
import { HostGroup } from '../host/group.ts'
import { waitForRedisExit } from '../host/redis-process.ts'
import { CLOSE_ELECTION_OPERATION, closeAbandonedElections } from './abandoned-election.ts'
import { askForFailover } from './ask-for-failover.ts'
import { guardClock, WRONG_CLOCK_OPERATION } from './clock-guard.ts'
import { demoteReplacedPrimaries } from './demote-replaced-primary.ts'
import { writeFirstGroupId } from './first-group-id.ts'
import { HelloListener } from './hello-listener.ts'
import { repointReplicasEarly } from './repoint-replicas-early.ts'
import { repeatSplitVotes } from './split-vote.ts'
import { reconnectStalledLink } from './stalled-link.ts'
import { restartStuckSentinels } from './stuck-sentinel.ts'

export interface WatchHostOptions {
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

/** Deadline of a query during a handover. */
const HANDOVER_QUERY_TIMEOUT_MS = 500

/**
 * Runs the host agent of a real host until the signal aborts, then rejects. The agent
 * - requests a failover as soon as the process of its Redis ends while that Redis was the primary (`failOverDeadRedis`);
 *   `waitForRedisExit` asks the kernel for the end, because a Redis that refuses or closes connections may be alive;
 * - points replicas to a promoted replica early (`repointReplicasEarly`);
 * - has its Sentinel repeat a split vote (`repeatSplitVotes`);
 * - restarts its Sentinel after a step of the clock has stopped it (`restartStuckSentinels`);
 * - has its Redis reconnect to a silent primary (`reconnectStalledLink`);
 * - makes its replaced primary a replica, and keeps the periods of its Sentinel (`demoteReplacedPrimaries`);
 * - writes the group id into a new data centre (`writeFirstGroupId`);
 * - closes abandoned elections while its Redis is the primary (`closeAbandonedElections`);
 * - keeps its Redis from being primary while its clock is wrong (`guardClock`).
 */
export async function watchHost(config: HostConfig, { log, signal }: WatchHostOptions): Promise<void> {
  const group = await HostGroup.open(config)
  const hellos = new HelloListener({
    redis: [config.self],
    primaryName: config.primaryName,
    open: (node, timeoutMs) => group.open(node, timeoutMs),
  })
  try {
    await Promise.all([
      watchRedis(config, group, { log, signal }),
      repointReplicasEarly(earlyRepointing(config, group, log), signal),
      repeatSplitVotes(ownSentinels(config, group, log), signal),
      restartStuckSentinels(ownSentinels(config, group, log), signal),
      reconnectStalledLink(stalledLink(config, group, log), signal),
      demoteReplacedPrimaries(demotion(config, group, log), signal),
      writeFirstGroupId(config, group, signal),
      hellos.listen(signal),
      closeAbandonedElections(abandonedElections(config, group, hellos, log), signal),
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
    await waitForRedisExit(() => group.pidOf(config.self), signal)
    log('Redis has ended', {})
    const outcome = await askForFailover(config, group, log, signal)
    log(outcome, {})
  }
}

const earlyRepointing = ({ sentinels }: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  sentinels,
  askSentinel: (sentinel: NodeAddress) => group.askSentinel(sentinel),
  viewsWithout: (address: string) => group.viewsWithout(address),
  sendToNode: (node: NodeAddress, command: string[]) => group.sendToNode(node, command),
  log,
})

const ownSentinels = (config: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  own: config.sentinel === null ? [] : [config.sentinel],
  all: config.sentinels,
  primaryName: config.primaryName,
  failoverTimeoutMs: config.failoverTimeoutMs,
  sendToSentinel: (sentinel: NodeAddress, commands: string[][]) =>
    group.sendAllToSentinel(sentinel, commands),
  log,
})

const stalledLink = ({ self, redis }: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  replica: self,
  all: redis,
  view: (node: NodeAddress, timeoutMs: number) => group.view(node, timeoutMs),
  sendToNode: (node: NodeAddress, command: string[]) => group.sendToNode(node, command),
  log,
})

const demotion = ({ self, sentinel }: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  own: { redis: [self], sentinels: sentinel === null ? [] : [sentinel] },
  views: () => group.views(),
  announcements: () => group.announcements(),
  sendToNode: (node: NodeAddress, command: string[]) => group.sendToNode(node, command),
  sendToSentinel: (node: NodeAddress, command: string[]) => group.sendToSentinel(node, command),
  log,
})

const handover = (
  { sentinels, primaryName, failoverTimeoutMs }: HostConfig,
  group: HostGroup,
  log: WatchHostOptions['log'],
) => ({
  plannedSentinels: sentinels.length,
  primaryName,
  failoverTimeoutMs,
  sentinelAnswers: () => group.sentinelAnswers(),
  views: () => group.views(),
  view: (node: NodeAddress) => group.view(node, HANDOVER_QUERY_TIMEOUT_MS),
  sendToNode: (node: NodeAddress, command: string[]) => group.sendToNode(node, command),
  sendToSentinel: (node: NodeAddress, command: string[]) => group.sendToSentinel(node, command),
  log,
})

const abandonedElections = (
  config: HostConfig,
  group: HostGroup,
  hellos: HelloListener,
  log: WatchHostOptions['log'],
) => ({
  ...handover(config, group, log),
  own: [config.self],
  newestEpoch: () => hellos.newestEpoch,
  claim: () => group.claim(CLOSE_ELECTION_OPERATION),
})

const clockGuarding = (config: HostConfig, group: HostGroup, log: WatchHostOptions['log']) => ({
  ...handover(config, group, log),
  self: config.self,
  all: config.redis,
  plannedPriority: config.priority ?? REPLICA_PRIORITY,
  claim: () => group.claim(WRONG_CLOCK_OPERATION),
})
