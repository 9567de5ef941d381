import { ClusterError } from '../../../errors.ts'
import type { KeyringHistory } from './ring.ts'

/** What is asked of a rotation of the key ring. */
export interface KeyringChoices {
  /**
   * `begin`: add the new key and stop, so that applications with a copy of their own can be given it. `finish`: go on with
   * one that has begun. Default is to the end, but where people bring the ring to the hosts: then it stops each time that
   * they have to, until `finish`.
   */
  stage?: 'begin' | 'finish'
  /** Bring in no new key; only forget every older one that no live session needs, however lately it went out of use. */
  forgetOld?: boolean
  /**
   * Of a data centre that is reached by its file: a command of this machine's shell that brings the files with the ring to
   * the hosts and lets the services there take it. It is run each time that the ring changes, and may be run more often.
   */
  deliverCommand?: string
}

/** Throws `NOT_SAFE` for what cannot be meant in this situation. */
export function refuseOddChoices({ next }: KeyringHistory, { stage, forgetOld }: KeyringChoices): void {
  if (stage === 'finish' && next === null) {
    throw new ClusterError(
      'NOT_SAFE',
      'There is no rotation of the key ring to finish. `--stage begin` begins one.',
    )
  }
  // Some gateways may seal with an older key yet.
  if (forgetOld && next !== null) {
    throw new ClusterError(
      'NOT_SAFE',
      `A rotation to the key ${next} has not ended. Finish it first, then forget the older ones.`,
    )
  }
}
