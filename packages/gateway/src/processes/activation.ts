import { ConfigInvalidError } from '../errors.ts'

/** systemd hands sockets over from this descriptor on (sd_listen_fds(3), SD_LISTEN_FDS_START). */
const FIRST_FD = 3

/**
 * The descriptor of the socket that systemd opened for this process (`LISTEN_PID`, `LISTEN_FDS`), or undefined. The variables
 * are taken out of `environment`: they are not meant for the processes that this one starts. Throws `CONFIG_INVALID`
 * for more than one socket.
 */
export function takeActivatedSocket(environment: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_PID: forWhom, LISTEN_FDS: count } = environment
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  if (forWhom !== String(pid) || count === undefined || count === '0') return undefined
  if (count === '1') return FIRST_FD
  throw new ConfigInvalidError(
    `systemd handed over ${count} sockets; give the socket unit one \`ListenStream\`: the gateway listens on one address.`,
  )
}
