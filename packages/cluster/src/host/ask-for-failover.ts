import { type WatchdogOptions, type WatchdogOutcome, watchOver } from '../supervise/watchdog.ts'
import type { HostConfig } from './config.ts'
import type { HostGroup } from './group.ts'

/** Asks for the failover of this host's Redis, whose process does not run. See `watchOver`. */
export function askForFailover(
  config: HostConfig,
  group: HostGroup,
  log: WatchdogOptions['log'],
  signal: AbortSignal,
): Promise<WatchdogOutcome> {
  return watchOver(
    config.self,
    {
      primaryName: config.primaryName,
      sentinelAnswers: () => group.sentinelAnswers(),
      survivors: () => group.survivors(),
      isBack: () => group.answers(config.self),
      tellSentinel: (sentinel, command) => group.tellSentinel(sentinel, command),
      tellNode: (node, command) => group.tellNode(node, command),
      log,
      // Less than the guard waits: a failover must not be asked for when Redis is let start as primary.
      limitMs: config.downAfterMs + config.failoverTimeoutMs,
    },
    signal,
  )
}
