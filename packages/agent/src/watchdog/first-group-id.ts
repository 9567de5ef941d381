import { setTimeout as sleep } from 'node:timers/promises'
import { MARK_KEY, parseReplication } from '@holdfast/tokens/redis'
import type { HostConfig } from '../host/config.ts'
import type { HostGroup } from '../host/group.ts'

const POLL_INTERVAL_MS = 1000

/**
 * Writes the group id into a data centre that has never held data. Stores trust only a Redis that has the group id.
 *
 * The id is written when the Redis of this host is an empty primary, and every other Redis answers and is empty as well. A
 * Redis with data but without a group id is left alone, because it may have lost data. Resolves when this Redis has a group
 * id; rejects when the signal aborts.
 * INV-AGENT-7.
 */
export async function writeFirstGroupId(
  { self, mark }: HostConfig,
  group: HostGroup,
  signal: AbortSignal,
): Promise<void> {
  const ask = (...command: string[]) => group.sendToNode(self, command)
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
      // Redis does not run yet, or has no replica yet.
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
}
