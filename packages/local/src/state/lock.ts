import type { GroupAccess } from '@holdfast/agent/redis/access'
import { claimInGroup, type SentinelAccess } from '@holdfast/agent/redis/group-lock'
import { holderOf, lockWithin } from '@holdfast/files/file-lock'
import type { LockHolder } from '@holdfast/files/lock-holder'
import { ClusterError } from '@holdfast/site/errors'
import { sentinelAddress } from '@holdfast/site/topology/topology'
import type { OpenDataCentre } from './open.ts'

/** An operation that changes a data centre, as other operations see it. */
export type Operation =
  | 'switchover'
  | 'upgrade'
  | 'rotation of passwords'
  | 'rotation of certificates'
  | 'rotation of the key ring'
  | 'restore'
  | 'doctor --fix'
  | 'drill'

/** The operation that changes a data centre at present, and since when (ISO 8601, UTC). */
export interface RunningOperation {
  operation: string
  pid: number
  host: string
  since: string
}

/**
 * Runs `work` under the lock of a data centre: two operations at once would undo each other's pause, priorities or
 * passwords. The lock is a file on this machine, which works without Sentinels, and a connection to every Sentinel, for
 * other machines. The lock of a killed process is ignored. `open` opens the data centre again, for an operation that
 * changes how it is opened; default is to use it as it is.
 *
 * Throws `BUSY` with the other operation, and what `work` throws.
 * INV-OPERATIONS-1.
 */
export function exclusively<T>(
  dataCentre: OpenDataCentre,
  operation: Operation,
  work: () => Promise<T>,
  open: () => Promise<OpenDataCentre> = async () => dataCentre,
): Promise<T> {
  return exclusivelyHere(dataCentre.folder.operationFile, operation, async () => {
    const again = async () => sentinelAccess(await open())
    const claimed = await claimInGroup(sentinelAccess(dataCentre), operation, again)
    if (claimed.other !== null) throw busy(claimed.other)
    try {
      return await work()
    } finally {
      claimed.release()
    }
  })
}

/** The Sentinels at which the lock is taken. */
export const sentinelAccess = ({ topology, secrets, tls }: GroupAccess): SentinelAccess => ({
  sentinels: topology.dataHosts.map(sentinelAddress),
  password: secrets.sentinelAdmin,
  tls,
})

/**
 * The same, and opens the data centre again under the lock: an earlier operation may have changed its secrets. Throws what
 * `open` throws, too.
 */
export async function inTurn<Opened extends OpenDataCentre, T>(
  open: () => Promise<Opened>,
  operation: Operation,
  work: (dataCentre: Opened) => Promise<T>,
): Promise<T> {
  return exclusively(await open(), operation, async () => work(await open()), open)
}

/**
 * The lock file holds among the processes of this machine. One that another container or machine left is taken over at once:
 * operations there hold the lock of the group.
 */
const FOREIGN_LOCK_MS = 0

/** An operation waits this long for another one that is about to end (in milliseconds). */
const ENDING_MS = 500

/** The same only among the processes of this machine. */
export async function exclusivelyHere<T>(
  operationFile: string,
  operation: Operation,
  work: () => Promise<T>,
): Promise<T> {
  const options = { purpose: operation, foreignLockMs: FOREIGN_LOCK_MS }
  const { lock, holder } = await lockWithin(operationFile, ENDING_MS, options)
  if (lock === null) throw busy(operationOf(holder))
  try {
    return await work()
  } finally {
    lock.release()
  }
}

/** The operation of this machine that runs now, or null. */
export async function runningOperation(operationFile: string): Promise<RunningOperation | null> {
  const holder = holderOf(operationFile, { foreignLockMs: FOREIGN_LOCK_MS })
  return holder && operationOf(holder)
}

const operationOf = ({ purpose, pid, host, since }: LockHolder): RunningOperation => ({
  operation: purpose,
  pid,
  host,
  since,
})

const busy = ({ operation, pid, since, host }: RunningOperation) =>
  new ClusterError(
    'BUSY',
    `Another operation changes this data centre: ${operation}, since ${since} (process ${pid} on ${host}). ` +
      'Nothing was changed. Run this command again when that operation has ended.',
  )
