import type { HostConfig } from '../host/config.ts'
import type { HostGroup } from '../host/group.ts'
import { failOverDeadRedis, type WatchdogOptions, type WatchdogOutcome } from './watchdog.ts'

/** Requests the failover of this host's Redis, whose process has ended. See `failOverDeadRedis`. */
export function askForFailover(
  config: HostConfig,
  group: HostGroup,
  log: WatchdogOptions['log'],
  signal: AbortSignal,
): Promise<WatchdogOutcome> {
  return failOverDeadRedis(
    config.self,
    {
      primaryName: config.primaryName,
      sentinelAnswers: () => group.sentinelAnswers(),
      survivors: () => group.survivors(),
      isBack: () => group.isReachable(config.self),
      sendToSentinel: (sentinel, command) => group.sendToSentinel(sentinel, command),
      sendToNode: (node, command) => group.sendToNode(node, command),
      log,
      // Shorter than the guard waits: when the guard lets Redis start as primary, no failover may be requested.
      limitMs: config.downAfterMs + config.failoverTimeoutMs,
    },
    signal,
  )
}
