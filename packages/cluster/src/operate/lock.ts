import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { ClusterError } from '../errors.ts'
import type { GroupAccess, OpenDataCentre } from '../state/open.ts'
import { readIfThere, writePrivate } from '../state/private-file.ts'
import { isAlive, startOf } from '../state/process-identity.ts'
import { sentinelAddress } from '../topology/topology.ts'
import { claimInGroup, type RemoteOperation, type SentinelAccess } from './group-lock.ts'

/** An operation that changes a data centre, as it is told to others. */
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

/** Who changes a data centre at present, and since when (ISO 8601, UTC). */
export type RunningOperation = z.output<typeof schema>

/** Two that begin at the same moment see each other, and neither goes on: they try again, each after its own time. */
const MOST_TRIES = 5
const TRY_AGAIN_MS = 40

/**
 * Does `work` while no other operation changes the data centre: two at once would undo each other's pause, priorities
 * or passwords. Told in a file of this machine, which serves without Sentinels, too, and to every Sentinel, for other
 * machines. What a killed process has left counts for nothing. `open` opens it once more, for an operation that changes how
 * it is opened; default is as it was.
 *
 * Throws `BUSY`, saying who is at work since when, and what `work` throws.
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

/** The Sentinels of a data centre, to claim it. */
export const sentinelAccess = ({ topology, secrets, tls }: GroupAccess): SentinelAccess => ({
  sentinels: topology.dataHosts.map(sentinelAddress),
  password: secrets.sentinelAdmin,
  tls,
})

/**
 * The same with the data centre as it is then: an operation that was waited for may have changed its secrets. Throws what
 * `open` does, too.
 */
export async function inTurn<Opened extends OpenDataCentre, T>(
  open: () => Promise<Opened>,
  operation: Operation,
  work: (dataCentre: Opened) => Promise<T>,
): Promise<T> {
  return exclusively(await open(), operation, async () => work(await open()), open)
}

/** The same among the processes of this machine. Each writes a file of its own, whose name begins with that. */
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
 * Answers the file that says so. A dead one is told from a later process with its number by the time of its start.
 * Everybody first writes and then looks: of two, at least one sees the other. No file is
 * ever replaced, and only a dead one's is taken away, so that nobody loses what he has.
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
    if (tries === MOST_TRIES) throw busy(other)
    await sleep(TRY_AGAIN_MS * Math.random())
  }
}

/** The living ones but one's own; files of dead ones go. */
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
      'Run this again when that has ended; nothing was changed.',
  )
