import { isDeepStrictEqual } from 'node:util'
import { ConfigChangeSignal, followChanges, versionsOf } from '@holdfast/gateway/follow-files'
import type { Certificate, RedisProxy } from '@holdfast/proxy'
import type { GroupLogin } from '@holdfast/tokens/group'
import { logEvent, logLine } from '../../command-line/service.ts'

/** The proxy's own login, and its certificate for clients; null without one. */
interface ProxySecrets {
  login: GroupLogin
  certificate: Certificate | null
}

export interface FollowOptions {
  /** The environment file, the TLS files that it names, and the certificate for clients. */
  files: readonly string[]
  /** Reads the secrets from them. Throws `INVALID_OPTION`. */
  read: () => Promise<ProxySecrets>
  /** What was read at the start. */
  inUse: ProxySecrets
  proxy: Pick<RedisProxy, 'renew' | 'useCertificate'>
  signal: AbortSignal
}

/**
 * Follows the files until `signal` aborts: after a rotation of passwords or certificates the proxy uses the new ones, and
 * no client notices. A login that Redis does not accept is logged once and tried again; the old one stays in use.
 * SIGHUP asks for a look at once.
 */
export async function followSecrets({ files, read, inUse, proxy, signal }: FollowOptions): Promise<void> {
  const changeSignal = new ConfigChangeSignal()
  const trigger = () => changeSignal.trigger()
  process.on('SIGHUP', trigger)
  try {
    const first = { files, versions: await versionsOf(files), secrets: inUse }
    await followChanges(first, {
      take: async ({ secrets }) => {
        const versions = await versionsOf(files)
        const next = await read()
        const { login, certificate } = next
        const isNewLogin = !isDeepStrictEqual(login, secrets.login)
        const isNewCertificate = !isDeepStrictEqual(certificate, secrets.certificate)
        if (isNewLogin) await proxy.renew(login)
        if (isNewCertificate && certificate !== null) proxy.useCertificate(certificate)
        if (isNewLogin || isNewCertificate) logLine('The proxy uses the new passwords and certificates.')
        return { files, versions, secrets: next }
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
