import { setTimeout as sleep } from 'node:timers/promises'
import { MARK_KEY, parseReplication } from '@holdfast/tokens/redis'
import type { HostConfig } from './config.ts'
import type { HostGroup } from './group.ts'

const LOOK_AGAIN_MS = 1000

/**
 * Writes the group's mark, without which no store believes a Redis, into a data centre that has never held anything:
 * when the Redis of this host is primary and empty, and every other one answers and is empty, too. One that holds data
 * and no mark is left alone: it may have lost what it had. Resolves when this Redis has a mark; rejects when the signal
 * aborts.
 * INV-AGENT-7.
 */
export async function markFirstData(
  { self, mark }: HostConfig,
  group: HostGroup,
  signal: AbortSignal,
): Promise<void> {
  const ask = (...command: string[]) => group.tellNode(self, command)
  for (;;) {
    signal.throwIfAborted()
    try {
      if ((await ask('GET', MARK_KEY)) !== null) return
      const { role } = parseReplication(String(await ask('INFO', 'replication')))
      const isEmpty = Number(await ask('DBSIZE')) === 0
      if (role === 'primary' && isEmpty && (await group.everyOtherIsEmpty())) {
        await ask('SET', MARK_KEY, mark, 'NX')
      }
    } catch {
      // It does not run yet, or has no replica yet.
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}
