import { ClusterError } from '../../../errors.ts'
import type { IssueJournal } from './journal.ts'

/** What is asked of a rotation of certificates. */
export interface CertificateChoices {
  /** How long the new certificates last (in days, 1 to 398), but never longer than their authority. Default is 90. */
  days?: number
  /** Only those that last fewer days (1 to 398), or have ended. Default is all. */
  withinDays?: number
  /**
   * `begin` stops when they are issued, before anybody is told; `finish` goes on when they were brought to the hosts.
   * Default is both in one go, but where people bring them `begin`.
   */
  stage?: 'begin' | 'finish'
  /**
   * Of a data centre that is reached by its file: a command of this machine's shell that brings the files of certificates
   * to the hosts and lets the services there take them. It may be run more than once.
   */
  deliverCommand?: string
}

/** Throws `NOT_SAFE` for what cannot be meant in this situation. */
export function refuseOddChoices({ isEmpty }: IssueJournal, { stage }: CertificateChoices): void {
  if (stage !== 'finish' || !isEmpty) return
  throw new ClusterError(
    'NOT_SAFE',
    'There is no rotation of certificates to finish. `--stage begin` begins one.',
  )
}
