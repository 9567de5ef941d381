import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { parseEnv } from 'node:util'
import { createNotifier, takeActivatedSockets } from '@holdfast/gateway/systemd'
import { type Certificate, RedisProxy } from '@holdfast/proxy'
import { InvalidOptionError } from '@holdfast/tokens'
import { type GroupLogin, groupFilesOf, groupOptionsFromEnvironment } from '@holdfast/tokens/group'
import { formatAddress, parseAddress } from '@holdfast/tokens/redis'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { logEvent, logLine, untilStopped } from '../../command-line/service.ts'
import { followSecrets } from './follow.ts'
import { HealthServer } from './health-server.ts'

export type ProxyCommandOptions = {
  envFile?: string
  listen?: string
  socket?: string
  sentinelListen?: string
  tlsListen?: string
  tlsCert?: string
  tlsKey?: string
  metricsListen?: string
  reads?: 'leased' | 'confirmed'
  lease?: number
  hold?: number
  whenReplicaMissing?: 'acknowledge' | 'hold'
}

const DEFAULT_ADDRESS = '127.0.0.1:6380'

/**
 * Runs a proxy until it is stopped; then it gives every answer that is under way. systemd may pass it
 * sockets: the first is for clients, the second for clients that ask Sentinels. Throws `INVALID_OPTION`.
 */
export async function proxy(options: ProxyCommandOptions): Promise<ExitCode> {
  const stopped = untilStopped()
  const activated = activatedSockets()
  const where = placeOf(options)
  const sentinels = sentinelPlaceOf(options)
  const tls = tlsPlaceOf(options)
  const certificate = tls === null ? null : await readCertificate(tls)
  const { envFile } = options
  const environment = envFile === undefined ? process.env : await readEnvironment(envFile)
  const group = groupOptionsFromEnvironment(environment)
  const metrics =
    options.metricsListen === undefined ? null : addressOf('--metrics-listen', options.metricsListen)
  const running = new RedisProxy({
    // By this name the doctor knows the connections of a proxy.
    group: { ...group, clientName: `holdfast-proxy-${group.dataCentre}` },
    ...(options.reads !== undefined && { reads: options.reads }),
    ...(options.lease !== undefined && { leaseMs: options.lease }),
    ...(options.hold !== undefined && { holdMs: options.hold }),
    ...(options.whenReplicaMissing !== undefined && { whenReplicaMissing: options.whenReplicaMissing }),
    onEvent: ({ event, ...details }) => logEvent(event, details),
  })
  using notifier = createNotifier(process.env, (error) =>
    logEvent('systemd-not-notified', { reason: String(error) }),
  )
  await using health = new HealthServer(() => running.status)
  try {
    if (metrics !== null) await listen(metrics, () => health.listen(metrics))
    if (tls !== null && certificate !== null) {
      await listen(tls.where, () => running.listenWithTls(tls.where, certificate))
    }
    await listen(where, () => running.listen(activated.clients ?? where))
    const sentinelPlace = activated.sentinelClients ?? sentinels
    if (sentinelPlace !== null && 'port' in where) {
      await listen(sentinels ?? where, () => running.listenForSentinelClients(sentinelPlace, where))
    }
  } catch (error) {
    await running.stop()
    throw error
  }
  logLine(
    `The proxy accepts clients on ${describe(where)}${activated.clients === null ? '' : ' (a socket of systemd)'}.`,
  )
  await notifier.ready()
  if (envFile !== undefined) {
    const files = [envFile, ...groupFilesOf(environment), ...(tls === null ? [] : [tls.cert, tls.key])]
    const read = async () => ({
      login: loginOf(groupOptionsFromEnvironment(await readEnvironment(envFile))),
      certificate: tls === null ? null : await readCertificate(tls),
    })
    const inUse = { login: loginOf(group), certificate }
    void followSecrets({ files, read, inUse, proxy: running, signal: stopped })
  }
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve()
    stopped.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.all([notifier.stopping(), running.stop()])
  logEvent('stopped', { ...running.status })
  return EXIT.ok
}

/** The sockets that systemd opened for this process. Throws `INVALID_OPTION` for more than two. */
function activatedSockets(): Record<'clients' | 'sentinelClients', { fd: number } | null> {
  const [clients, sentinelClients, ...others] = takeActivatedSockets(process.env, process.pid)
  if (others.length > 0) {
    throw new InvalidOptionError(
      `systemd passed ${others.length + 2} sockets. Give the socket unit one \`ListenStream\` for clients, and at most one more for clients that ask Sentinels.`,
    )
  }
  const socket = (fd: number | undefined) => (fd === undefined ? null : { fd })
  return { clients: socket(clients), sentinelClients: socket(sentinelClients) }
}

function loginOf({ username, password, tls, sentinelUsername, sentinelPassword }: GroupLogin): GroupLogin {
  return { username, password, tls, sentinelUsername, sentinelPassword }
}

type Address = { host: string; port: number }
type Place = Address | { path: string }

const describe = (place: Place): string => ('path' in place ? place.path : formatAddress(place))

async function listen(place: Place, begin: () => Promise<unknown>): Promise<void> {
  try {
    await begin()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new InvalidOptionError(`The proxy cannot listen on ${describe(place)}: ${code}.`, { cause })
  }
}

function placeOf({ listen, socket }: ProxyCommandOptions): Place {
  if (socket !== undefined && listen !== undefined) {
    throw new InvalidOptionError('Give --listen or --socket, not both.')
  }
  return socket === undefined ? addressOf('--listen', listen ?? DEFAULT_ADDRESS) : { path: socket }
}

function sentinelPlaceOf({ sentinelListen, socket }: ProxyCommandOptions): Address | null {
  if (sentinelListen === undefined) return null
  if (socket !== undefined) {
    throw new InvalidOptionError(
      'A Sentinel names an address, not a file: give --listen with --sentinel-listen.',
    )
  }
  return addressOf('--sentinel-listen', sentinelListen)
}

interface TlsPlace {
  where: Address
  cert: string
  key: string
}

function tlsPlaceOf({ tlsListen, tlsCert, tlsKey }: ProxyCommandOptions): TlsPlace | null {
  if (tlsListen === undefined && tlsCert === undefined && tlsKey === undefined) return null
  if (tlsListen === undefined || tlsCert === undefined || tlsKey === undefined) {
    throw new InvalidOptionError('Give --tls-listen, --tls-cert and --tls-key together.')
  }
  return { where: addressOf('--tls-listen', tlsListen), cert: tlsCert, key: tlsKey }
}

/** Throws `INVALID_OPTION` when a file cannot be read, or the two do not fit together. */
async function readCertificate({ cert, key }: Pick<TlsPlace, 'cert' | 'key'>): Promise<Certificate> {
  try {
    const certificate = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
    createSecureContext(certificate)
    return certificate
  } catch (cause) {
    // The message of the system or of OpenSSL; neither contains the key.
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidOptionError(`--tls-cert ${cert} and --tls-key ${key} cannot be used: ${reason}.`, {
      cause,
    })
  }
}

function addressOf(flag: string, text: string): Address {
  const address = parseAddress(text)
  if (address !== null) return address
  throw new InvalidOptionError(
    `${flag} must be an address with a port, such as ${DEFAULT_ADDRESS}, got "${text}".`,
  )
}

async function readEnvironment(file: string): Promise<NodeJS.Dict<string>> {
  try {
    return parseEnv(await readFile(file, 'utf8'))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new InvalidOptionError(`${file} cannot be read (${code}). Give the holdfast.env of this host.`, {
      cause,
    })
  }
}
