import { request } from 'node:http'
import { ClusterError, systemCode } from '@holdfast/site/errors'
import { StateFolder } from '../state/folder.ts'
import type { ControlSignal, ControlStatus } from './control-protocol.ts'

/** The control socket of a running data centre. Every call has a deadline. */
export interface ControlClient {
  /** The processes as their supervisor sees them. */
  status(): Promise<ControlStatus>
  /** Sends a signal to a process such as `redis-1`, `sentinel-2`, `gateway-3`, `balancer`. */
  signal(processName: string, signal: ControlSignal): Promise<ControlStatus>
  /** Stops a process cleanly and starts it again at once; the supervisor does not count that as a crash. */
  restart(processName: string): Promise<ControlStatus>
  /** Kills the Redis, the Sentinel and the watchdog of a data host, and keeps them down. */
  loseHost(host: string): Promise<ControlStatus>
  /** Restores a lost host. */
  restoreHost(host: string): Promise<ControlStatus>
  /** Makes the supervisor read the secrets and its certificate again, for its own connections. */
  reload(): Promise<ControlStatus>
  /** Stops the data centre; resolves when every process has ended. */
  stop(): Promise<void>
}

const DEADLINE_MS = 2000
/** A Redis has ten seconds to stop cleanly. */
const RESTART_DEADLINE_MS = 15_000
/** Balancer, gateways and proxy, Sentinels and Redis stop one after the other, each within its grace period. */
const STOP_DEADLINE_MS = 40_000

/**
 * A client of the control socket of the data centre that runs with this state folder. It connects for each call.
 *
 * Its calls throw `NOT_RUNNING` when nothing answers there, and `CONTROL_REFUSED` when the request was refused.
 */
export function connectControl(stateDir: string): ControlClient {
  const folder = new StateFolder(stateDir)
  const call = async (method: string, path: string, body?: object, deadlineMs = DEADLINE_MS) => {
    const { status, text } = await send(folder, method, path, body, deadlineMs)
    const reply: unknown = parseJson(text)
    if (status !== 200) throw new ClusterError('CONTROL_REFUSED', errorOf(reply) ?? `Status ${status}.`)
    // The supervisor is this same package, and only the folder's owner can serve this socket.
    return reply as ControlStatus
  }
  const id = encodeURIComponent
  return {
    status: () => call('GET', '/status'),
    signal: (name, signal) => call('POST', `/processes/${id(name)}/signal`, { signal }),
    restart: (name) => call('POST', `/processes/${id(name)}/restart`, undefined, RESTART_DEADLINE_MS),
    loseHost: (host) => call('POST', `/hosts/${id(host)}/lose`),
    restoreHost: (host) => call('POST', `/hosts/${id(host)}/restore`),
    reload: () => call('POST', '/reload'),
    stop: () => call('POST', '/stop', undefined, STOP_DEADLINE_MS).then(() => {}),
  }
}

function send(
  folder: StateFolder,
  method: string,
  path: string,
  body: object | undefined,
  deadlineMs: number,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(notRunning(folder, error))
    const outgoing = request(
      {
        socketPath: folder.controlSocket,
        method,
        path,
        headers: { 'content-type': 'application/json' },
        agent: false,
        signal: AbortSignal.timeout(deadlineMs),
      },
      (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (part: string) => {
          text += part
        })
        incoming.once('error', fail)
        incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text }))
      },
    )
    outgoing.once('error', fail)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function notRunning(folder: StateFolder, cause: unknown): ClusterError {
  const silent = cause instanceof Error && (cause.name === 'AbortError' || cause.name === 'TimeoutError')
  return new ClusterError(
    'NOT_RUNNING',
    silent
      ? `The supervisor of ${folder.path} does not answer. It may be hung: \`holdfast down\` stops it and everything that it started.`
      : `No data centre runs with the state folder ${folder.path} (${systemCode(cause) || 'no answer'}). Start it with \`holdfast up\`, or name another with \`--name\`.`,
    { cause },
  )
}

function errorOf(reply: unknown): string | null {
  if (typeof reply !== 'object' || reply === null || !('error' in reply)) return null
  return String(reply.error)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
