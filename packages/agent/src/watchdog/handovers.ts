import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import type { ActOptions } from './commands.ts'
import { handOver } from './hand-over.ts'
import type { Detour } from './rules/rule.ts'

/** The names of these operations in the operations' lock. */
const CLOSE_ELECTION_OPERATION = 'closing of an abandoned election'
const WRONG_CLOCK_OPERATION = 'handover from a primary whose clock is wrong'

/** How often the agent tries the way back of a detour. */
const MAX_RETURN_ATTEMPTS = 3
const RETURN_INTERVAL_MS = 1000

/** Closes an abandoned election by a handover and back. Rejects with the reason when that fails. */
export const closeElection = (
  { primary, via, sentinels }: Detour,
  options: ActOptions,
  signal: AbortSignal,
) =>
  underLock(CLOSE_ELECTION_OPERATION, options, async () => {
    const { log } = options
    const details = { primary: primary.host, by: via.host }
    log('closes an abandoned election: hands over, and back', details)
    await handOver(primary, via, { ...options, sentinels }, signal)
    // The election is closed now. Without the way back, a late leader could still send commands to the new primary.
    for (let attempt = 1; ; attempt += 1) {
      try {
        await handOver(via, primary, { ...options, sentinels }, signal)
        break
      } catch (error) {
        if (attempt === MAX_RETURN_ATTEMPTS) throw error
        await sleep(RETURN_INTERVAL_MS * (0.5 + Math.random()), undefined, { signal })
      }
    }
    log('closed an abandoned election', details)
  })

/** Hands over from a primary with a wrong clock to a replica with the right time. Rejects with the reason when that fails. */
export const leaveWrongClock = (
  { from, to, sentinels }: { from: NodeAddress; to: NodeAddress; sentinels: readonly NodeAddress[] },
  options: ActOptions,
  signal: AbortSignal,
) =>
  underLock(WRONG_CLOCK_OPERATION, options, async () => {
    options.log('the clock of the primary is wrong: hands over', { to: to.host })
    await handOver(from, to, { ...options, sentinels }, signal)
  })

/** Runs `work` while this agent holds the operations' lock of the data centre. */
async function underLock(operation: string, { group }: ActOptions, work: () => Promise<void>): Promise<void> {
  const release = await group.claim(operation)
  if (release === null) throw new Error('Another operation is changing this data centre.')
  try {
    await work()
  } finally {
    release()
  }
}
