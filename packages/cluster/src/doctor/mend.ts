import { chmod } from 'node:fs/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { undoLeftovers } from '../drill/undo/leftovers.ts'
import { inTurn } from '../operate/lock.ts'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../operate/open.ts'
import { rotatePasswordsOf } from '../operate/rotate/passwords/rotate-passwords.ts'
import { Nodes } from '../redis/nodes.ts'
import { Sentinels } from '../redis/sentinels.ts'
import { stopIfAborted } from './abort.ts'
import { plannedTexts } from './collect/planned.ts'
import type { Diagnosis, Fix } from './finding.ts'
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
 * Mends what an examination has just found, as far as it can do no harm, one after the other. It changes nothing
 * while a failover is under way, nor beside another operation.
 *
 * Throws `NOT_RUNNING` when there is no data centre in the folder; `BUSY`; `DOCTOR_ABORTED`.
 */
export async function mend(
  place: DataCentrePlace,
  findings: readonly Diagnosis[],
  options: MendOptions = {},
): Promise<MendOutcome[]> {
  const open = () => openDataCentre(place)
  return inTurn(open, 'doctor --fix', (dataCentre) => mendAll(dataCentre, findings, options))
}

/** The same for who has the data centre to himself already. */
export async function mendAll(
  dataCentre: AnyDataCentre,
  findings: readonly Diagnosis[],
  options: MendOptions,
): Promise<MendOutcome[]> {
  const nodes = new Nodes(dataCentre)
  const sentinels = new Sentinels(dataCentre)
  const done = new Map<string, string | null>()
  const outcomes: MendOutcome[] = []
  try {
    for (const finding of inOrder(findings)) {
      const { fix } = finding
      if (fix === undefined) continue
      stopIfAborted(options.signal)
      // One fix may mend several findings, such as what all Sentinels know.
      const key = JSON.stringify(fix)
      if (!done.has(key)) {
        options.onProgress?.(`${finding.subject}: ${finding.title.toLowerCase()}`)
        const problem = objection(finding, findings) ?? (await attempt(fix))
        done.set(key, problem)
      }
      outcomes.push({ finding, problem: done.get(key) ?? null })
    }
    return outcomes
  } finally {
    nodes.close()
    sentinels.close()
  }

  async function goOnRotating(): Promise<void> {
    const { signal } = options
    await rotatePasswordsOf(dataCentre, signal ? { signal } : {})
  }

  async function attempt(fix: Fix): Promise<string | null> {
    try {
      if (fix.kind === 'mode') await chmod(fix.path, fix.mode)
      else if (fix.kind === 'undo-drill') await undoDrill(dataCentre)
      else if (fix.kind === 'reset-sentinels') await resetSentinels(dataCentre, sentinels, options.signal)
      else if (fix.kind === 'rotation') await goOnRotating()
      else {
        const { on, address, commands } = commandsOf(fix, dataCentre)
        await (on === 'redis' ? nodes : sentinels).send(address, commands, PATIENCE_MS)
      }
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
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

/** Why it would not be safe now; null when it is. */
function objection(finding: Diagnosis, all: readonly Diagnosis[]): string | null {
  const isFound = (id: string) => all.some(({ check }) => check === id)
  // A paused Sentinel or Redis may be why the failover does not end.
  if (finding.fix?.kind === 'undo-drill') return null
  if (finding.fix?.kind !== 'mode' && isFound('failover-under-way')) {
    return 'A failover is under way. Run it again when that has ended.'
  }
  const isOfUsers = ['user', 'replica-password', 'peer-password'].includes(finding.fix?.kind ?? '')
  if (isOfUsers && (isFound('rotation-unfinished') || isFound('rotation-under-way'))) {
    return 'A rotation of passwords has not ended. Run it again when it has.'
  }
  // A switchover prefers a replica before it lets writes wait; a dead one's pause ends by itself.
  if (finding.check === 'writes-paused' && isFound('priority-changed')) {
    return 'A switchover may be under way, and its pause ends by itself. Run it again in a few seconds.'
  }
  return null
}

/** The commands of a fix, with the passwords that they need. */
function commandsOf(
  fix: Exclude<Fix, { kind: 'mode' | 'reset-sentinels' | 'undo-drill' | 'rotation' }>,
  dataCentre: AnyDataCentre,
): { on: 'redis' | 'sentinel'; address: NodeAddress; commands: string[][] } {
  const { address } = fix
  const { secrets } = dataCentre
  switch (fix.kind) {
    case 'commands':
      return fix
    case 'replica-password': {
      const set = ['CONFIG', 'SET', 'masteruser', 'replica', 'masterauth', secrets.replica]
      return { on: 'redis', address, commands: [set, ['CONFIG', 'REWRITE']] }
    }
    case 'peer-password': {
      const set = (name: string, value: string) => ['SENTINEL', 'CONFIG', 'SET', name, value]
      return {
        on: 'sentinel',
        address,
        commands: [set('sentinel-user', 'peer'), set('sentinel-pass', secrets.peer)],
      }
    }
    case 'user': {
      // The users of all hosts are alike.
      const { usersAcl, sentinelUsers } = plannedTexts(dataCentre, 0)
      const planned = fix.on === 'redis' ? usersAcl : sentinelUsers
      const line = planned.split('\n').find((one) => one.startsWith(`user ${fix.user} `)) ?? ''
      const [, name = '', ...rules] = line.split(' ')
      const save = fix.on === 'redis' ? ['ACL', 'SAVE'] : ['SENTINEL', 'FLUSHCONFIG']
      return { on: fix.on, address, commands: [['ACL', 'SETUSER', name, 'reset', ...rules], save] }
    }
  }
}
