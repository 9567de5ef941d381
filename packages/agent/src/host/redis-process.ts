import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from '@holdfast/site/errors'

/** How often to ask the kernel whether the process still exists. */
const EXIT_POLL_INTERVAL_MS = 25
/** How often to ask Redis for its process id. */
const PID_POLL_INTERVAL_MS = 100

/**
 * Waits until Redis runs, and then until its process has ended. Rejects when the signal aborts.
 *
 * Redis reports its process id, and the kernel reports whether that process exists; nothing else proves the end of a
 * process. Redis closes every connection at `maxclients`, and refuses connections with `tcp_abort_on_overflow` or behind a
 * rejecting firewall. In all three cases Redis is alive, may acknowledge writes, and must not be failed over by force. A
 * process id from another namespace is unknown to this kernel and has no effect: Sentinel then detects the end itself.
 * INV-AGENT-8.
 */
export async function waitForRedisExit(pidOf: () => Promise<number>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const pid = await pidOf().catch(() => null)
    if (pid !== null && exists(pid)) return waitUntilGone(pid, signal)
    await sleep(PID_POLL_INTERVAL_MS, undefined, { signal })
  }
}

async function waitUntilGone(pid: number, signal: AbortSignal): Promise<void> {
  while (exists(pid)) await sleep(EXIT_POLL_INTERVAL_MS, undefined, { signal })
}

/**
 * Whether the process exists. For processes of other users the kernel answers EPERM, whatever a unit's `ProtectProc` hides
 * under /proc. A process id that the kernel has reused counts as alive; that is safe.
 */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}
