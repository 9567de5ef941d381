import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GroupAccess } from '@holdfast/agent/redis/access'
import { claimInGroup, type RemoteOperation, type SentinelAccess } from '@holdfast/agent/redis/group-lock'
import { ClusterError } from '@holdfast/site/errors'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import { sentinelAddress } from '@holdfast/site/topology/topology'
import { z } from 'zod'
import type { OpenDataCentre } from './open.ts'
import { isAlive, startOf } from './process-identity.ts'

/** An operation that changes a data centre, as other operations see it. */
export type Operation = (typeof OPERATIONS)[number]

const OPERATIONS = [
  'switchover',
  'upgrade',
  'rotation of passwords',
  'rotation of certificates',
  'rotation of the key ring',
  'restore',
  'doctor --fix',
  'drill',
] as const

const schema = z.object({
  operation: z.enum(OPERATIONS),
  pid: z.int().positive(),
  started: z.string(),
  since: z.string(),
})

/** The operation that changes a data centre at present, and since when (ISO 8601, UTC). */
export type RunningOperation = z.output<typeof schema>

/** Two operations that begin at the same moment see each other and both retry, each after a random time. */
const MAX_ATTEMPTS = 7
const RETRY_INTERVAL_MS = 40

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

/** The same only among the processes of this machine. Each writes a file of its own, with `operationFile` as prefix. */
export async function exclusivelyHere<T>(
  operationFile: string,
  operation: Operation,
  work: () => Promise<T>,
): Promise<T> {
  const own = await claim(operationFile, operation)
  try {
    return await work()
  } finally {
    await rm(own, { force: true })
  }
}

/** The operation of this machine that runs now, or null. */
export async function runningOperation(operationFile: string): Promise<RunningOperation | null> {
  return (await others(operationFile, null))[0] ?? null
}

/**
 * Answers the file of the lock. It holds the start time of its process, because a later process may get the same number.
 * Each operation first writes its file and then reads the others: of two, at least one sees the other. No file is ever
 * replaced, and only files of dead processes are deleted, so that no operation loses its lock.
 */
async function claim(base: string, operation: Operation): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const own = `${base}.${randomUUID()}`
    const since = new Date().toISOString()
    const mine: RunningOperation = { operation, pid: process.pid, started: startOf(process.pid) ?? '', since }
    await writePrivate(own, JSON.stringify(mine))
    const [other] = await others(base, own)
    if (other === undefined) return own
    await rm(own, { force: true })
    if (tries === MAX_ATTEMPTS) throw busy(other)
    // Longer after each attempt: on a slow machine many that begin at once would only see each other.
    await sleep(RETRY_INTERVAL_MS * tries * Math.random())
  }
}

/** The operations of other living processes; deletes the files of dead ones. */
async function others(base: string, own: string | null): Promise<RunningOperation[]> {
  const folder = dirname(base)
  const names = await readdir(folder).catch(() => [])
  const files = names
    .filter((name) => name.startsWith(`${basename(base)}.`) && !name.endsWith('.tmp'))
    .map((name) => join(folder, name))
    .filter((file) => file !== own)
  const living: RunningOperation[] = []
  for (const file of files) {
    const text = await readIfThere(file)
    const holder = holderIn(text ?? '')
    if (holder !== null) living.push(holder)
    else if (text !== null) await rm(file, { force: true })
  }
  return living
}

/** The living process that the text names, or null. */
function holderIn(text: string): RunningOperation | null {
  try {
    const holder = schema.parse(JSON.parse(text))
    return isAlive(holder) ? holder : null
  } catch {
    return null
  }
}

const busy = ({ operation, pid, since, host }: Omit<RemoteOperation, 'host'> & { host?: string }) =>
  new ClusterError(
    'BUSY',
    `Another operation changes this data centre: ${operation}, since ${since} (process ${pid}${host === undefined ? '' : ` on ${host}`}). ` +
      'Nothing was changed. Run this command again when that operation has ended.',
  )
