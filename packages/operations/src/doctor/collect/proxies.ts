import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { canonical, isLoopback } from '@holdfast/site/file/network'
import { type Host, hostsThatRun } from '@holdfast/site/file/site'
import { platformPassword, proxyPassword } from '@holdfast/site/render/derived-secrets'
import { tokenAddress } from '@holdfast/site/render/placement'
import { proxyPorts } from '@holdfast/site/render/proxy-files'
import { AuthFailedError, RedisReplyError } from '@holdfast/tokens'
import { Connection, formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { type AnyDataCentre, isSite, proxyUsersOf } from '../../data-centre/open.ts'
import type { SiteDataCentre } from '../../data-centre/open-site.ts'
import type { ProxySnapshot } from '../snapshot.ts'

/** Asks the proxies on this machine. Only the clients of its host reach a proxy: others show by their connections to Redis. */
export async function collectProxies(dataCentre: AnyDataCentre, timeoutMs: number): Promise<ProxySnapshot[]> {
  if (!isSite(dataCentre)) return []
  const { site, dataCentre: planned } = dataCentre
  const proxies = hostsThatRun(planned, 'proxy').map(async (host): Promise<ProxySnapshot[]> => {
    const ports = proxyPorts(site, host)
    if (ports === null) return []
    return [
      {
        name: host.name,
        at: formatAddress(ports.clients),
        // The tunnel connects from loopback addresses of the data hosts.
        seenAs: site.transport === 'stunnel' ? null : tokenAddress(site, host),
        here: isHere(host) ? await askProxy(ports.clients, loginOf(dataCentre, host), timeoutMs) : null,
      },
    ]
  })
  return (await Promise.all(proxies)).flat()
}

function isHere({ address }: Host): boolean {
  const own = Object.values(networkInterfaces()).flatMap(
    (all) => all?.map((one) => canonical(one.address)) ?? [],
  )
  return isLoopback(address) || own.includes(canonical(address))
}

interface Login {
  username: string
  password: string
}

/** A user that clients of this proxy have. */
function loginOf(dataCentre: SiteDataCentre, host: Host): Login | null {
  const { secrets } = dataCentre
  const [username] = proxyUsersOf(dataCentre)
  if (username !== undefined) return { username, password: proxyPassword(secrets, username) }
  return host.runs.includes('application')
    ? { username: 'platform', password: platformPassword(secrets) }
    : null
}

async function askProxy(
  address: NodeAddress,
  login: Login | null,
  timeoutMs: number,
): Promise<ProxySnapshot['here']> {
  const problem = await ping(address, timeoutMs)
  return { problem, isHeld: problem === null && login !== null && (await isHeld(address, login, timeoutMs)) }
}

/** Why the proxy does not answer PING, which it does also while it holds commands; null if it does. */
function ping({ host, port }: NodeAddress, timeoutMs: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = connect(port, host, () => socket.write('PING\r\n'))
  const timer = setTimeout(() => resolve(`It did not answer PING within ${timeoutMs} ms.`), timeoutMs)
  socket.once('error', ({ message }) => resolve(`Nothing accepts connections there (${message}).`))
  socket.once('close', () => resolve('It closed the connection.'))
  socket.once('data', (answer) => {
    // Without a login, Redis answers PING with an error, and so does the proxy.
    const isProxy = /^(?:\+PONG|-NOAUTH)/.test(String(answer))
    resolve(isProxy ? null : 'Something else than a Redis proxy answers there.')
  })
  return promise.finally(() => {
    clearTimeout(timer)
    socket.destroy()
  })
}

/** Whether a client waits for a login, or for a command that only reads. */
async function isHeld(address: NodeAddress, login: Login, timeoutMs: number): Promise<boolean> {
  let connection: Connection | null = null
  try {
    connection = await Connection.open({ address, ...login, connectTimeoutMs: timeoutMs })
    await connection.send(['INFO', 'server'], timeoutMs)
    return false
  } catch (error) {
    // Other checks report users that Redis refuses.
    return !(error instanceof AuthFailedError) && !(error instanceof RedisReplyError)
  } finally {
    connection?.close()
  }
}
