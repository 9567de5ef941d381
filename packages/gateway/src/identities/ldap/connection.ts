import net from 'node:net'
import tls from 'node:tls'
import { Client, ResultCodeError } from 'ldapts'
import { LdapServerError } from '../errors.ts'

/** How to reach the servers of a directory. */
export interface LdapAccess {
  startTls: boolean
  /** In PEM; undefined uses the authorities that Node trusts. */
  ca: string | undefined
  /** For the whole exchange with one server (in milliseconds). */
  timeoutMs: number
}

/** The current step, for the message when it fails. */
export interface Steps {
  step: string
}

/**
 * Opens a connection to one server, encrypts it, passes it to `work` and closes it, all within the deadline. Throws
 * `LdapServerError` on any failure. A certificate is always verified.
 * INV-GATEWAY-10.
 */
export async function withServer<T>(
  url: string,
  access: LdapAccess,
  work: (client: Client, steps: Steps) => Promise<T>,
): Promise<T> {
  const { ca, startTls, timeoutMs } = access
  const verified: tls.ConnectionOptions = {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
  }
  const client = new Client({
    url,
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    // With TLS options the client encrypts from the start.
    ...(url.startsWith('ldaps:') ? { tlsOptions: verified } : {}),
    createConnection: onlyOnce(net.connect),
    ...(startTls ? {} : { createSecureConnection: onlyOnce(tls.connect) }),
  })
  const steps: Steps = { step: 'connecting' }
  async function converse(): Promise<T> {
    if (startTls) {
      steps.step = 'StartTLS'
      await client.startTLS({ ...verified, ...nameOf(url) })
    }
    return await work(client, steps)
  }
  using deadline = deadlineOf(timeoutMs)
  try {
    return await Promise.race([converse(), deadline.passed])
  } catch (error) {
    throw new LdapServerError(`${url}, ${steps.step}: ${whatWentWrong(error, timeoutMs)}`)
  } finally {
    // The result does not matter: the socket is destroyed in any case.
    void client.unbind().catch(() => undefined)
  }
}

/**
 * When the connection ends, the client would open another one and search anonymously. An anonymous search finds nothing,
 * so a known user would be refused.
 */
function onlyOnce<Connect extends typeof net.connect | typeof tls.connect>(connect: Connect): Connect {
  let isUsed = false
  const guarded = (...parameters: unknown[]) => {
    if (isUsed) throw new ConnectionEndedError()
    isUsed = true
    return Reflect.apply(connect, undefined, parameters)
  }
  return guarded as unknown as Connect
}

class ConnectionEndedError extends Error {}
class DeadlinePassedError extends Error {}

/** The name that the certificate must contain. */
function nameOf(url: string): { host: string; servername?: string } {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  return net.isIP(host) ? { host } : { host, servername: host }
}

function deadlineOf(timeoutMs: number): { passed: Promise<never> } & Disposable {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new DeadlinePassedError()), timeoutMs)
  return { passed: promise, [Symbol.dispose]: () => clearTimeout(timer) }
}

/** Describes an error without any data that was sent or received: a server's own message may quote a user's name. */
function whatWentWrong(error: unknown, timeoutMs: number): string {
  if (error instanceof DeadlinePassedError) return `no answer within ${timeoutMs} ms`
  if (error instanceof ConnectionEndedError) return 'the server closed the connection'
  if (error instanceof ResultCodeError) return `LDAP result code ${error.code}`
  if (error instanceof Error && 'code' in error) return String(error.code)
  return 'the connection failed'
}
