import { REPLICA_PRIORITY } from '@holdfast/site/file/site'
import type { HostConfig } from '../host/config.ts'
import { HostGroup } from '../host/group.ts'
import { askForFailover } from './rules/ask-for-failover.ts'
import { guardClocks } from './rules/clock-guard.ts'
import { writeFirstGroupId } from './rules/first-group-id.ts'
import type { AnyRule } from './rules/rule.ts'
import { reconnectStalledLinks } from './rules/stalled-link.ts'
import { GROUP_RULES, watchGroup } from './watch-group.ts'
import { requestLimitMs } from './watchdog.ts'

export interface WatchHostOptions {
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

/** The rules for a real host, which has a clock, a network and a Redis process of its own. */
const hostRules = (config: HostConfig): readonly AnyRule[] => [
  askForFailover(requestLimitMs(config)),
  ...GROUP_RULES,
  reconnectStalledLinks,
  writeFirstGroupId(config.mark),
  guardClocks(config.priority ?? REPLICA_PRIORITY),
]

/** Runs the host agent of a real host until the signal aborts, then rejects. */
export async function watchHost(config: HostConfig, { log, signal }: WatchHostOptions): Promise<void> {
  const { self, sentinel } = config
  const group = await HostGroup.open(config)
  try {
    const own = { redis: [self], sentinels: sentinel === null ? [] : [sentinel] }
    await watchGroup({ group, own, rules: hostRules(config), log }, signal)
  } finally {
    group.close()
  }
}
