import { chmod } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { health, type ReasonCode } from '@holdfast/agent/group/health'
import {
  connectGroup,
  disconnectGroup,
  type GroupClients,
  plannedProcesses,
  takeSnapshot,
} from '@holdfast/agent/group/snapshot'
import { type AnyDataCentre, isSite } from '../data-centre/open.ts'
import { rotatePasswordsLocked } from '../rotate/passwords/rotate-passwords.ts'
import { cleanUpKilledDrill } from '../undo/cleanup.ts'
import { collect } from './collect/collect.ts'
import { plannedTexts } from './collect/planned.ts'
import { throwIfAborted } from './examine.ts'
import type { Fix } from './finding.ts'
import { objectionToReset } from './objections/index.ts'

const COMMAND_TIMEOUT_MS = 2000
const POLL_INTERVAL_MS = 250
/** Until a Sentinel knows all processes again. With stock periods it asks the primary every 10 s (FACT-29). */
const RESET_LIMIT_MS = 30_000

/** A Sentinel knows exactly the planned processes. */
const COMPLETE: readonly ReasonCode[] = ['sentinel-unreachable', 'replicas-unknown', 'sentinels-unknown']

/** Carries out fixes on one data centre. Each method throws an `Error` with the reason if the fix failed. */
export class FixApplier {
  readonly #dataCentre: AnyDataCentre
  readonly #signal: AbortSignal | undefined
  readonly #group: GroupClients

  constructor(dataCentre: AnyDataCentre, signal: AbortSignal | undefined) {
    this.#dataCentre = dataCentre
    this.#signal = signal
    this.#group = connectGroup(dataCentre)
  }

  async apply(fix: Fix): Promise<void> {
    switch (fix.kind) {
      case 'mode':
        return chmod(fix.path, fix.mode)
      case 'undo-drill':
        return this.#undoDrill()
      case 'reset-sentinels':
        return this.#resetSentinels()
      case 'rotation':
        await rotatePasswordsLocked(this.#dataCentre, this.#signal ? { signal: this.#signal } : {})
        return
      default:
        return this.#change(fix)
    }
  }

  close(): void {
    disconnectGroup(this.#group)
  }

  /** Only a data centre of this machine has drills. */
  async #undoDrill(): Promise<void> {
    if (!isSite(this.#dataCentre)) await cleanUpKilledDrill(this.#dataCentre.folder.path)
  }

  /**
   * Changes a process and its file. Saves first: where the change could not be saved, nothing is changed.
   * INV-OPERATIONS-23.
   */
  async #change(fix: CommandFix): Promise<void> {
    const { on, commands, save } = changeOf(fix, this.#dataCentre)
    const send = (command: string[]) =>
      (on === 'redis' ? this.#group.nodes : this.#group.sentinels).send(
        fix.address,
        [command],
        COMMAND_TIMEOUT_MS,
      )
    const trySave = async (otherwise: string) => {
      if (save === null) return
      await send(save).catch((error: unknown) => {
        throw new Error(`${otherwise} ${error instanceof Error ? error.message : String(error)}`)
      })
    }
    await trySave('Nothing was changed, because the process cannot save its configuration:')
    for (const command of commands) await send(command)
    await trySave('The change could not be saved, and lasts only until the process ends:')
  }

  /**
   * Resets one Sentinel after the other. The next one follows only when the last one knows exactly the planned replicas and
   * Sentinels. So two Sentinels always know each other, and a failover stays possible.
   *
   * Throws before it changes anything if a reset is not safe, and if a Sentinel does not find exactly the planned processes.
   */
  async #resetSentinels(): Promise<void> {
    const { topology } = this.#dataCentre
    for (const { name, address } of plannedProcesses(topology).sentinels) {
      const objection = objectionToReset(await collect(this.#dataCentre))
      if (objection !== null) throw new Error(objection)
      throwIfAborted(this.#signal)
      const reset = ['SENTINEL', 'RESET', topology.primaryName]
      await this.#group.sentinels.send(address, [reset], COMMAND_TIMEOUT_MS)
      const untilMs = performance.now() + RESET_LIMIT_MS
      for (;;) {
        await sleep(POLL_INTERVAL_MS)
        throwIfAborted(this.#signal)
        const incomplete = health(await takeSnapshot(this.#group), this.#group).find(
          ({ code, process }) => process === name && COMPLETE.includes(code),
        )
        if (incomplete === undefined) break
        if (performance.now() > untilMs) {
          throw new Error(
            `${RESET_LIMIT_MS / 1000} s after the reset, ${incomplete.text} Check whether a process that it should forget still runs.`,
          )
        }
      }
    }
  }
}

/** A fix that consists of commands for one process. */
type CommandFix = Exclude<Fix, { kind: 'mode' | 'reset-sentinels' | 'undo-drill' | 'rotation' }>

/** The commands of a fix, and the command that makes the process write them to its file. */
interface Change {
  on: 'redis' | 'sentinel'
  commands: string[][]
  /** Null: there is nothing to save. */
  save: string[] | null
}

/** Fills in the passwords that the commands need. */
function changeOf(fix: CommandFix, dataCentre: AnyDataCentre): Change {
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
      // All hosts have the same users.
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
