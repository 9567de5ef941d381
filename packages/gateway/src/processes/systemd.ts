import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ConfigInvalidError } from '../base/errors.ts'

/** The first descriptor that systemd passes on (sd_listen_fds(3), SD_LISTEN_FDS_START). */
const FIRST_FD = 3

/**
 * The descriptors of the sockets that systemd opened for this process (`LISTEN_PID`, `LISTEN_FDS`), in the order of the
 * socket unit. Removes the variables from `environment`, because child processes must not see them.
 */
export function takeActivatedSockets(environment: NodeJS.ProcessEnv, pid: number): number[] {
  const { LISTEN_PID: forPid, LISTEN_FDS: count } = environment
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  if (forPid !== String(pid) || count === undefined || !/^\d{1,4}$/.test(count)) return []
  return Array.from({ length: Number(count) }, (_, index) => FIRST_FD + index)
}

/** The only socket that systemd opened for this process, or undefined. Throws `CONFIG_INVALID` for more than one socket. */
export function takeActivatedSocket(environment: NodeJS.ProcessEnv, pid: number): number | undefined {
  const sockets = takeActivatedSockets(environment, pid)
  if (sockets.length <= 1) return sockets[0]
  throw new ConfigInvalidError(
    `systemd passed ${sockets.length} sockets, but the gateway listens on one address. Give the socket unit a single \`ListenStream\`.`,
  )
}

/** Deadline of a notification (in milliseconds). */
const DEADLINE_MS = 5000

/** Notifies systemd about the state of this service (sd_notify(3)). */
export interface Notifier extends Disposable {
  ready(): Promise<void>
  stopping(): Promise<void>
}

/**
 * Node has no Unix datagram sockets, so the program `systemd-notify` sends the messages: the unit needs `Type=notify` and
 * `NotifyAccess=all`. With `WatchdogSec=`, a keep-alive is sent every half of that time, while `isAlive` returns true. The
 * timer shows that this process is responsive. Without `NOTIFY_SOCKET` nothing happens.
 */
export function createNotifier(
  environment: NodeJS.ProcessEnv,
  onError: (error: unknown) => void,
  isAlive: () => boolean = () => true,
): Notifier {
  if (!environment['NOTIFY_SOCKET']) {
    const nothing = async () => {}
    return { ready: nothing, stopping: nothing, [Symbol.dispose]() {} }
  }
  const send = async (...words: string[]) => {
    try {
      await promisify(execFile)('systemd-notify', words, { env: environment, timeout: DEADLINE_MS })
    } catch (error) {
      onError(error)
    }
  }
  const everyMs = watchdogMs(environment)
  const sayAlive = () => {
    if (isAlive()) void send('WATCHDOG=1')
  }
  const watchdog = everyMs === null ? undefined : setInterval(sayAlive, everyMs).unref()
  return {
    ready: () => send('READY=1', `MAINPID=${process.pid}`),
    stopping: () => send('STOPPING=1'),
    [Symbol.dispose]: () => clearInterval(watchdog),
  }
}

/** Half of the watchdog's timeout, as sd_watchdog_enabled(3) recommends. */
function watchdogMs({ WATCHDOG_USEC: limit, WATCHDOG_PID: forPid }: NodeJS.ProcessEnv): number | null {
  if (limit === undefined || (forPid !== undefined && forPid !== String(process.pid))) return null
  const everyMs = Number(limit) / 2000
  return Number.isFinite(everyMs) && everyMs >= 1 ? everyMs : null
}
