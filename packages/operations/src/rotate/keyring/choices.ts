import { ClusterError } from '@holdfast/site/errors'
import type { RotationHooks } from '../engine.ts'
import type { HostDelivery } from '../host-files.ts'
import type { KeyringHistory } from './ring.ts'

/** Options of a rotation of the key ring. */
export interface KeyringChoices {
  /**
   * `begin` adds the new key and stops, so that applications with a copy of their own can get it; `finish` resumes a
   * rotation that has begun. Default is both in one run, except where people bring the ring to the hosts: then the
   * rotation stops each time that they have to, until `finish`.
   */
  stage?: 'begin' | 'finish'
  /** Adds no key. Deletes every older one that no live session needs, however recently it went out of use. */
  forgetOld?: boolean
  /**
   * For a data centre that is described by a file: a shell command, run on this machine, that brings the files with the ring
   * to the hosts and makes the services there read it. Holdfast runs it each time that the ring changes, and may repeat it.
   */
  deliverCommand?: string
}

/** In this order. */
export const KEYRING_STEPS = ['check', 'add', 'known', 'use', 'used', 'retire', 'count', 'forget'] as const
export type KeyringStep = (typeof KEYRING_STEPS)[number]

export type KeyringOptions = KeyringChoices & RotationHooks<KeyringStep>

export interface KeyringReport {
  /** `waiting`: the key of `next` is coming in, and the rotation waits for others, until the stage `finish`. */
  state: 'done' | 'waiting'
  /** The key that seals new sessions now, and the one that did before; the same when none was added. */
  current: string
  before: string
  /** The key that is coming in, while the rotation waits. It seals already if it is the current one. */
  next: string | null
  /** The revision that the gateways show in `/readyz`. */
  revision: string | null
  /** Older keys that were deleted. */
  forgotten: string[]
  /** Older keys that stay, and how many live sessions each has sealed; null: not counted, because it is too early. */
  kept: { key: string; sessions: number | null }[]
  /** The files to bring to each host; empty where Holdfast has done that. */
  hosts: HostDelivery[]
  tookMs: number
}

/** Throws `NOT_SAFE` for options that contradict the state of the rotation. */
export function assertValidChoices({ next }: KeyringHistory, { stage, forgetOld }: KeyringChoices): void {
  if (stage === 'finish' && next === null) {
    throw new ClusterError(
      'NOT_SAFE',
      'There is no rotation of the key ring to finish. Begin one with `--stage begin`.',
    )
  }
  // Some gateways may still seal with an older key.
  if (forgetOld && next !== null) {
    throw new ClusterError(
      'NOT_SAFE',
      `The rotation to the key ${next} is unfinished. Finish it first, then delete the older keys.`,
    )
  }
}
