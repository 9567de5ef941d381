import { isDeepStrictEqual } from 'node:util'
import { ConfigChangeSignal, versionsOf } from '@holdfast/gateway/follow-files'
import type { RedisProxy } from '@holdfast/proxy'
import type { GroupLogin } from '@holdfast/tokens/group'
import { logEvent, logLine } from '../../command-line/service.ts'

/** Redis may learn a new password a little later than this file: the proxy tries again (in milliseconds). */
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 5000

export interface FollowOptions {
  /** The environment file, and the TLS files that it names. */
  files: readonly string[]
  /** Reads the login of the group from them. Throws `INVALID_OPTION`. */
  read: () => Promise<GroupLogin>
  /** What was read at the start. */
  inUse: GroupLogin
  proxy: Pick<RedisProxy, 'renew'>
  signal: AbortSignal
}

/**
 * Follows the files until `signal` aborts: after a rotation of passwords or certificates the proxy uses the new ones, and
 * no client notices. A login that Redis does not accept is logged once and tried again; the old one stays in use.
 * SIGHUP asks for a look at once.
 */
export async function followLogin({ files, read, inUse, proxy, signal }: FollowOptions): Promise<void> {
  const change = new ConfigChangeSignal()
  const trigger = () => change.trigger()
  process.on('SIGHUP', trigger)
  let current = inUse
  let seen = await versionsOf(files)
  let waitMs = Number.POSITIVE_INFINITY
  let failures = 0
  let lastProblem = ''
  try {
    for (;;) {
      await change.wait(files, seen, waitMs, signal)
      if (signal.aborted) return
      seen = await versionsOf(files)
      try {
        const next = await read()
        if (!isDeepStrictEqual(next, current)) {
          await proxy.renew(next)
          current = next
          logLine('The proxy uses the new passwords and certificates.')
        }
        waitMs = Number.POSITIVE_INFINITY
        failures = 0
        lastProblem = ''
      } catch (error) {
        failures += 1
        waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
        const problem = error instanceof Error ? error.message : String(error)
        if (problem !== lastProblem) logEvent('login-not-renewed', { reason: problem })
        lastProblem = problem
      }
    }
  } finally {
    process.off('SIGHUP', trigger)
  }
}
