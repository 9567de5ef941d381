import { isDeepStrictEqual } from 'node:util'
import { ConfigChangeSignal, followChanges, versionsOf } from '@holdfast/gateway/follow-files'
import type { RedisProxy } from '@holdfast/proxy'
import type { GroupLogin } from '@holdfast/tokens/group'
import { logEvent, logLine } from '../../command-line/service.ts'

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
  const changeSignal = new ConfigChangeSignal()
  const trigger = () => changeSignal.trigger()
  process.on('SIGHUP', trigger)
  try {
    const first = { files, versions: await versionsOf(files), login: inUse }
    await followChanges(first, {
      take: async ({ login }) => {
        const versions = await versionsOf(files)
        const next = await read()
        if (!isDeepStrictEqual(next, login)) {
          await proxy.renew(next)
          logLine('The proxy uses the new passwords and certificates.')
        }
        return { files, versions, login: next }
      },
      sentenceOf: (error) => (error instanceof Error ? error.message : String(error)),
      onRefused: (reason, _error, isRepeated) => {
        if (!isRepeated) logEvent('login-not-renewed', { reason })
      },
      changeSignal,
      signal,
    })
  } finally {
    process.off('SIGHUP', trigger)
  }
}
