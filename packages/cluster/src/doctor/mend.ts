import { chmod } from 'node:fs/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { Nodes } from '../redis/nodes.ts'
import { Sentinels } from '../redis/sentinels.ts'
import { renderSentinelUsers, renderUsersAcl } from '../render/users-acl.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { openLocal } from '../state/open.ts'
import { stopIfAborted } from './abort.ts'
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
 * while a failover is under way. It must not run beside a switchover, whose priorities it would put back.
 *
 * Throws `NOT_RUNNING` when there is no data centre in the folder; `DOCTOR_ABORTED`.
 */
export async function mend(
  stateDir: string,
  findings: readonly Diagnosis[],
  options: MendOptions = {},
): Promise<MendOutcome[]> {
  const dataCentre = await openLocal(stateDir)
  const { secrets } = dataCentre
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

  async function attempt(fix: Fix): Promise<string | null> {
    try {
      if (fix.kind === 'mode') await chmod(fix.path, fix.mode)
      else if (fix.kind === 'reset-sentinels') await resetSentinels(dataCentre, sentinels, options.signal)
      else {
        const { on, address, commands } = commandsOf(fix, secrets)
        await (on === 'redis' ? nodes : sentinels).send(address, commands, PATIENCE_MS)
      }
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}

/** Files first: Redis and Sentinel write to them. What all must be well for comes last. */
function inOrder(findings: readonly Diagnosis[]): Diagnosis[] {
  const rank = ({ fix }: Diagnosis) => (fix?.kind === 'mode' ? 0 : fix?.kind === 'reset-sentinels' ? 2 : 1)
  return [...findings].sort((one, other) => rank(one) - rank(other))
}

/** Why it would not be safe now; null when it is. */
function objection(finding: Diagnosis, all: readonly Diagnosis[]): string | null {
  const isFound = (id: string) => all.some(({ check }) => check === id)
  if (finding.fix?.kind !== 'mode' && isFound('failover-under-way')) {
    return 'A failover is under way. Run it again when that has ended.'
  }
  // A switchover prefers a replica before it lets writes wait; a dead one's pause ends by itself.
  if (finding.check === 'writes-paused' && isFound('priority-changed')) {
    return 'A switchover may be under way, and its pause ends by itself. Run it again in a few seconds.'
  }
  return null
}

/** The commands of a fix, with the passwords that they need. */
function commandsOf(
  fix: Exclude<Fix, { kind: 'mode' | 'reset-sentinels' }>,
  secrets: Secrets,
): { on: 'redis' | 'sentinel'; address: NodeAddress; commands: string[][] } {
  const { address } = fix
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
      const planned = fix.on === 'redis' ? renderUsersAcl(secrets) : renderSentinelUsers(secrets)
      const line = planned.split('\n').find((one) => one.startsWith(`user ${fix.user} `)) ?? ''
      const [, name = '', ...rules] = line.split(' ')
      const save = fix.on === 'redis' ? ['ACL', 'SAVE'] : ['SENTINEL', 'FLUSHCONFIG']
      return { on: fix.on, address, commands: [['ACL', 'SETUSER', name, 'reset', ...rules], save] }
    }
  }
}
