import { chmod } from 'node:fs/promises'
import { undoLeftovers } from '../drill/undo/leftovers.ts'
import { inTurn } from '../operate/lock.ts'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../operate/open.ts'
import { rotatePasswordsOf } from '../operate/rotate/passwords/rotate-passwords.ts'
import { Nodes } from '../redis/nodes.ts'
import { Sentinels } from '../redis/sentinels.ts'
import { stopIfAborted } from './abort.ts'
import { collect } from './collect/collect.ts'
import { plannedTexts } from './collect/planned.ts'
import type { Diagnosis, Fix } from './finding.ts'
import { whyNotNow } from './objections/index.ts'
import { originOf } from './origin.ts'
import { resetSentinels } from './reset-sentinels.ts'

export interface MendOptions {
  /** Told at the beginning of each mend, for a terminal. */
  onProgress?: (text: string) => void
  /** Breaks off before the next mend. */
  signal?: AbortSignal
}

/** What became of a finding that can be mended. */
export interface MendOutcome {
  finding: Diagnosis
  /** Why it was not mended; null when it was. */
  problem: string | null
}

const PATIENCE_MS = 2000

/**
 * Mends what an examination has just found, one after the other, each only where it would do no harm as things are then, and
 * on a set that Holdfast has set up. It changes nothing while a failover is under way, nor beside another operation.
 *
 * Throws `NOT_RUNNING` when there is no data centre in the folder; `BUSY`; `DOCTOR_ABORTED`.
 * INV-OPERATIONS-23.
 */
export async function mend(
  place: DataCentrePlace,
  findings: readonly Diagnosis[],
  options: MendOptions = {},
): Promise<MendOutcome[]> {
  const open = () => openDataCentre(place)
  return inTurn(open, 'doctor --fix', (dataCentre) => mendAll(dataCentre, findings, options))
}

/** The same for who has the data centre to himself already. INV-OPERATIONS-24. */
export async function mendAll(
  dataCentre: AnyDataCentre,
  findings: readonly Diagnosis[],
  options: MendOptions,
): Promise<MendOutcome[]> {
  const nodes = new Nodes(dataCentre)
  const sentinels = new Sentinels(dataCentre)
  const done = new Map<string, string | null>()
  const outcomes: MendOutcome[] = []
  /** Why nothing is changed here: whose set it is does not change meanwhile. */
  let notOurs: string | null = null
  try {
    for (const finding of inOrder(findings)) {
      const { fix } = finding
      if (fix === undefined) continue
      stopIfAborted(options.signal)
      // One fix may mend several findings, such as what all Sentinels know.
      const key = JSON.stringify(fix)
      if (!done.has(key)) {
        options.onProgress?.(`${finding.subject}: ${finding.title.toLowerCase()}`)
        done.set(key, await attempt(fix))
      }
      outcomes.push({ finding, problem: done.get(key) ?? null })
    }
    return outcomes
  } finally {
    nodes.close()
    sentinels.close()
  }

  async function attempt(fix: Fix): Promise<string | null> {
    try {
      return (await objectionTo(fix)) ?? (await carryOut(fix))
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** By what is so now: the fixes before this one have changed something, and so may others have. */
  async function objectionTo(fix: Fix): Promise<string | null> {
    if (fix.kind === 'mode' || fix.kind === 'undo-drill') return null
    if (findings.some(({ check }) => check === 'failover-under-way')) {
      return 'A failover is under way. Run it again when that has ended.'
    }
    // A rotation goes on by the steps of its own command, which somebody has begun on this set.
    if (notOurs !== null && fix.kind !== 'rotation') return notOurs
    const snapshot = await collect(dataCentre)
    const { byHoldfast, because } = originOf(snapshot)
    if (byHoldfast || fix.kind === 'rotation') return whyNotNow(fix, snapshot)
    notOurs = `This set was not set up by Holdfast: ${because}`
    return notOurs
  }

  async function carryOut(fix: Fix): Promise<null> {
    if (fix.kind === 'mode') await chmod(fix.path, fix.mode)
    else if (fix.kind === 'undo-drill') await undoDrill(dataCentre)
    else if (fix.kind === 'reset-sentinels') await resetSentinels(dataCentre, sentinels, options.signal)
    else if (fix.kind === 'rotation')
      await rotatePasswordsOf(dataCentre, options.signal ? { signal: options.signal } : {})
    else {
      const { on, ...change } = changeOf(fix, dataCentre)
      await applied(change, (command) =>
        (on === 'redis' ? nodes : sentinels).send(fix.address, [command], PATIENCE_MS),
      )
    }
    return null
  }
}

/** Changes a process so that it stays: nothing is changed where it could not be saved, for it would be half done. */
async function applied(
  { commands, save }: Omit<Change, 'on'>,
  send: (command: string[]) => Promise<unknown>,
): Promise<void> {
  const saved = async (otherwise: string) => {
    if (save === null) return
    await send(save).catch((error: unknown) => {
      throw new Error(`${otherwise} ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  await saved('Nothing was changed, because the process cannot save it:')
  for (const command of commands) await send(command)
  await saved('It is changed until the process ends, and could not be saved:')
}

/** Only a data centre of this machine is drilled. */
async function undoDrill(dataCentre: AnyDataCentre): Promise<void> {
  if (!isSite(dataCentre)) await undoLeftovers(dataCentre.folder.path)
}

/**
 * Files first: Redis and Sentinel write to them. Then what was broken on purpose. What all must be well for comes last,
 * and what changes this admin's password.
 */
function inOrder(findings: readonly Diagnosis[]): Diagnosis[] {
  const ranks = { mode: 0, 'undo-drill': 1, 'reset-sentinels': 3, rotation: 4 }
  const rank = ({ fix }: Diagnosis) => ranks[fix?.kind as keyof typeof ranks] ?? 2
  return [...findings].sort((one, other) => rank(one) - rank(other))
}

/** What a fix sends to a process, and what lets the process write it to its file. */
interface Change {
  on: 'redis' | 'sentinel'
  commands: string[][]
  /** Null: there is nothing to save. */
  save: string[] | null
}

/** With the passwords that it needs. */
function changeOf(
  fix: Exclude<Fix, { kind: 'mode' | 'reset-sentinels' | 'undo-drill' | 'rotation' }>,
  dataCentre: AnyDataCentre,
): Change {
  const { secrets } = dataCentre
  switch (fix.kind) {
    case 'settings':
      return onRedis(['CONFIG', 'SET', ...Object.entries(fix.directives).flat()])
    case 'watch':
      return onSentinel(fix.command)
    case 'rewrite-aof':
      return { ...onRedis(['BGREWRITEAOF']), save: null }
    case 'end-pause':
      return { ...onRedis(['CLIENT', 'UNPAUSE']), save: null }
    case 'replica-password':
      return onRedis(['CONFIG', 'SET', 'masteruser', 'replica', 'masterauth', secrets.replica])
    case 'peer-password': {
      const set = (name: string, value: string) => ['SENTINEL', 'CONFIG', 'SET', name, value]
      return onSentinel(set('sentinel-user', 'peer'), set('sentinel-pass', secrets.peer))
    }
    case 'user': {
      // The users of all hosts are alike.
      const { usersAcl, sentinelUsers } = plannedTexts(dataCentre, 0)
      const planned = fix.on === 'redis' ? usersAcl : sentinelUsers
      const line = planned.split('\n').find((one) => one.startsWith(`user ${fix.user} `)) ?? ''
      const [, , ...rules] = line.split(' ')
      const set = ['ACL', 'SETUSER', fix.user, 'reset', ...rules]
      return fix.on === 'redis' ? { ...onRedis(set), save: ['ACL', 'SAVE'] } : onSentinel(set)
    }
  }
}

const onRedis = (...commands: string[][]): Change => ({ on: 'redis', commands, save: ['CONFIG', 'REWRITE'] })

const onSentinel = (...commands: string[][]): Change => ({
  on: 'sentinel',
  commands,
  save: ['SENTINEL', 'FLUSHCONFIG'],
})
