import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from '../errors.ts'

/** How often the kernel is asked whether the process still exists. */
const LOOK_MS = 25
/** How often Redis is asked for its process id. */
const ASK_MS = 100

/**
 * Waits until Redis runs, and then until its process has ended. Redis gives its process id, and the kernel says whether
 * that process exists; nothing else proves an end. A Redis at `maxclients` closes each connection at once, and one with
 * `tcp_abort_on_overflow`, or behind a firewall that rejects, refuses them: both live, may acknowledge writes, and must not be
 * failed over by force. A process id of another namespace, which the kernel here does not know, leads to nothing: then Sentinel
 * finds the end by itself. Rejects when the signal aborts.
 * INV-AGENT-8.
 */
export async function untilRedisEnds(pidOf: () => Promise<number>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const pid = await pidOf().catch(() => null)
    if (pid !== null && exists(pid)) return untilGone(pid, signal)
    await sleep(ASK_MS, undefined, { signal })
  }
}

async function untilGone(pid: number, signal: AbortSignal): Promise<void> {
  while (exists(pid)) await sleep(LOOK_MS, undefined, { signal })
}

/**
 * Whether there is such a process. The kernel answers for processes of other users, too, with EPERM, and whatever a unit's
 * `ProtectProc` hides under /proc. A number that was given to another process since counts as living, which does no harm.
 */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}
