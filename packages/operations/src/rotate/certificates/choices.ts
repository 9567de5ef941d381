import { ClusterError } from '@holdfast/site/errors'
import { type AnyDataCentre, isSite } from '../../data-centre/open.ts'
import type { RotationHooks } from '../engine.ts'
import type { HostDelivery } from '../host-files.ts'
import type { IssueJournal } from './journal.ts'

/** Options of a rotation of certificates. */
export interface CertificateChoices {
  /** How long the new certificates last (in days, 1 to 398), but never longer than their authority. Default is 90. */
  days?: number
  /** Only certificates that last fewer days (1 to 398), or have expired. Default is all. */
  withinDays?: number
  /**
   * `begin` issues the certificates and stops, before any process uses one; `finish` resumes when they are on the hosts.
   * Default is both in one run, except where people bring them: then it is `begin`.
   */
  stage?: 'begin' | 'finish'
  /**
   * For a data centre that is described by a file: a shell command, run on this machine, that brings the files of
   * certificates to the hosts and makes the services there read them. Holdfast may run it more than once.
   */
  deliverCommand?: string
}

/** In this order. Some have nothing to do where files need no delivery, or where tunnels hold the certificates. */
export const CERTIFICATE_STEPS = [
  'check',
  'issue',
  'deliver',
  'redis',
  'sentinels',
  'tunnels',
  'gateways',
  'supervisor',
  'prove',
] as const
export type CertificateStep = (typeof CERTIFICATE_STEPS)[number]

export type CertificateOptions = CertificateChoices & RotationHooks<CertificateStep>

export interface CertificatesReport {
  /** `waiting`: they are issued, and no process uses one before people have brought them to the hosts, until `finish`. */
  state: 'done' | 'waiting'
  /** The holders of new certificates. */
  renewed: string[]
  /** When the first of them ends; null where none was due. */
  notAfter: Date | null
  /** Days until the authority itself ends (rounded down): all certificates end with it. */
  authorityDaysLeft: number
  /** It resumed an unfinished rotation. */
  resumed: boolean
  /** The files to bring to each host; empty where Holdfast has done that. */
  hosts: HostDelivery[]
  tookMs: number
}

/** Throws `NOT_SAFE` for options that contradict the state of the rotation. */
export function assertValidChoices({ isEmpty }: IssueJournal, { stage }: CertificateChoices): void {
  if (stage !== 'finish' || !isEmpty) return
  throw new ClusterError(
    'NOT_SAFE',
    'There is no rotation of certificates to finish. Begin one with `--stage begin`.',
  )
}

/** Throws `NOT_SAFE` for a data centre without certificates, or with certificates that cannot be asked for over the network. */
export function assertHasCertificates(dataCentre: AnyDataCentre): void {
  const { name } = dataCentre.topology
  const refuse = (sentence: string) => {
    throw new ClusterError('NOT_SAFE', sentence)
  }
  if (isSite(dataCentre)) {
    const { transport } = dataCentre.site
    if (transport === 'tls') return
    refuse(
      transport === 'stunnel'
        ? `The certificates of ${name} belong to stunnel, which reads them at SIGHUP on each host. \`holdfast rotate certificates --manual --file FILE\` prints the steps.`
        : `The transport of ${name} is ${transport}: it has no certificates.`,
    )
  } else if (dataCentre.plan.site.transport === 'plain') {
    refuse(
      `The traffic of ${name} is plain: it has no certificates. Start a new data centre with \`holdfast up --transport tls\`.`,
    )
  }
}
