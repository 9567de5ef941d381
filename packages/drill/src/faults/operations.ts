import type { LocalDataCentre } from '@holdfast/local/state/open'
import { rotateCertificatesLocked } from '@holdfast/operations/rotate/certificates/rotate-certificates'
import { rotateKeyringLocked } from '@holdfast/operations/rotate/keyring/rotate-keyring'
import { rotatePasswordsLocked } from '@holdfast/operations/rotate/passwords/rotate-passwords'
import { switchoverLocked } from '@holdfast/operations/switchover/switchover'
import { upgradeLocked } from '@holdfast/operations/upgrade/upgrade'
import {
  type EndedConnections,
  type FaultAction,
  type FaultKind,
  type FaultTarget,
  labelOf,
  nameOf,
  type Scene,
} from './plan.ts'
import { TARGETS } from './targets.ts'

interface Operation {
  action: FaultAction
  /** What is about to happen. */
  text: (scene: Scene) => string
  /** What has happened, as a sentence. */
  done: (scene: Scene) => string
  /** The operation promotes another Redis, and has taken effect only then. */
  changesPrimary: boolean
  /** Users work until it is over, but not longer than this (in milliseconds). Default is a minute. */
  limitMs?: number
  /**
   * Runs it; the drill holds the lock. The operation itself keeps its promises about a kill. Answers how many connections
   * it has ended; null where they are not counted.
   */
  run: (scene: Scene) => Promise<EndedConnections | null>
}

/** A planned operation in the place of a fault: users must not notice it. A failure of it is thrown at the end. */
function operation({ action, text, done, changesPrimary, limitMs = 60_000, run }: Operation): FaultKind {
  return {
    action,
    targets: TARGETS[action],
    lastsMs: null,
    maxMs: 0,
    plan(scene) {
      let connections: EndedConnections | null = null
      const all = async () => {
        connections = await run(scene)
      }
      return {
        victim: scene.victim,
        text: text(scene),
        done: done(scene),
        needsNewPrimary: changesPrimary,
        undo: [],
        awaitMs: limitMs,
        inject: async () => ({ rest: all() }),
        connections: () => connections,
        tookEffect: ({ promoted, isDone }) => isDone && (promoted || !changesPrimary),
      }
    },
  }
}

/** Promotes another Redis, planned and lossless. */
export const switchOver = operation({
  action: 'switch-over',
  text: ({ victim }) => `switch over from ${labelOf(victim)}, planned`,
  done: (scene) => `${nameOf(scene)} handed over to another Redis in a planned switchover.`,
  changesPrimary: true,
  async run({ tools }) {
    await switchoverLocked(tools.dataCentre, {})
    return null
  },
})

/** Restarts every Redis and every Sentinel, one by one. */
export const upgrade = operation({
  action: 'upgrade',
  text: ({ victim }) => `restart every Redis and Sentinel one by one, the primary ${labelOf(victim)} last`,
  done: () => 'every Redis and every Sentinel was restarted, one by one.',
  changesPrimary: true,
  // Six restarts and a switchover, when a process is slow.
  limitMs: 300_000,
  async run({ tools }) {
    await upgradeLocked(tools.dataCentre, {})
    return null
  },
})

interface Rotation {
  text: string
  done: string
  run(local: LocalDataCentre): Promise<unknown>
  /** The processes whose connections must outlive it. */
  keeps: readonly ('redis' | 'sentinel')[]
}

const ROTATIONS = {
  passwords: {
    text: 'give every user of Redis and Sentinel a new password',
    done: 'every user of Redis and Sentinel got a new password.',
    run: (local) => rotatePasswordsLocked(local, {}),
    keeps: ['redis', 'sentinel'],
  },
  certificates: {
    text: 'give every process a new certificate',
    done: 'every process got a new certificate.',
    run: (local) => rotateCertificatesLocked(local, {}),
    // A Sentinel must restart to use a new one.
    keeps: ['redis'],
  },
  keyring: {
    text: 'bring in a new sealing key',
    done: 'a new sealing key was brought in.',
    run: (local) => rotateKeyringLocked(local, {}),
    keeps: ['redis', 'sentinel'],
  },
} as const satisfies Partial<Record<FaultTarget, Rotation>>

/** Replaces secrets, which must not end any connection of an application. */
export const rotate = operation({
  action: 'rotate',
  text: ({ target }) => rotationOf(target).text,
  done: ({ target }) => rotationOf(target).done,
  changesPrimary: false,
  // It waits for each Sentinel and each gateway, which may be slow.
  limitMs: 180_000,
  async run({ tools, target }) {
    const { run, keeps } = rotationOf(target)
    const before = await tools.connections(keeps)
    await run(tools.dataCentre)
    await tools.renew()
    const after = await tools.connections(keeps)
    return { before: before.size, ended: [...before].filter((one) => !after.has(one)).length }
  },
})

const rotationOf = (target: FaultTarget): Rotation => ROTATIONS[target as keyof typeof ROTATIONS]
