import { inTurn } from '@holdfast/local/state/lock'
import { type AnyDataCentre, type DataCentrePlace, openDataCentre } from '../../data-centre/open.ts'
import { runRotation } from '../engine.ts'
import {
  assertHasCertificates,
  assertValidChoices,
  type CertificateChoices,
  type CertificateOptions,
  type CertificatesReport,
} from './choices.ts'
import { renewOwnIfExpired } from './expired.ts'
import { IssueJournal } from './journal.ts'
import { CertificateRotation } from './steps.ts'

export type RotateCertificatesOptions = DataCentrePlace & CertificateOptions

/**
 * Gives every process of a data centre a new certificate from the same authority while all of them keep running. Redis
 * takes it by a command; a gateway and stunnel read their files again; a Sentinel can do neither (FACT-46) and is
 * restarted, one at a time, while the others are a majority. Old and new certificates trust each other. After a kill at any
 * point the next run resumes.
 *
 * For a data centre that is described by a file, they are issued where `holdfast ca` keeps the authority, and
 * `deliverCommand` brings them to the hosts. Without it the rotation stops once they are issued, and lists in `hosts` what
 * to bring where, until `finish`. Then Redis and Sentinels get theirs over the network; each must serve its new certificate
 * before the next takes one.
 *
 * It is also the remedy when certificates have expired, this operation's own or those of any number of hosts. Then it asks
 * only that every Redis and every Sentinel answers, and it ends when the data centre is healthy.
 *
 * Throws `NOT_SAFE` with the reason, before anything is changed; `ROTATION_STOPPED` or `ROTATION_ABORTED` once it has
 * begun; `BUSY`; `CERTIFICATE_REFUSED`, `AUTHORITY_MISSING`; and as `openDataCentre`.
 */
export async function rotateCertificates(options: RotateCertificatesOptions): Promise<CertificatesReport> {
  const open = () => openDataCentre(options)
  const dataCentre = await open()
  assertHasCertificates(dataCentre)
  assertValidChoices(await IssueJournal.open(dataCentre.folder.certificateRotationFile), options)
  await renewOwnIfExpired(dataCentre, options.days)
  return inTurn(open, 'rotation of certificates', (opened) => rotateCertificatesLocked(opened, options))
}

/** The same for a caller that holds the lock, and has opened the data centre since. */
export async function rotateCertificatesLocked(
  dataCentre: AnyDataCentre,
  options: CertificateOptions,
): Promise<CertificatesReport> {
  return runRotation(await CertificateRotation.open(dataCentre, options))
}

/**
 * What `rotateCertificates` would do now, one sentence per step. Changes nothing, and asks no process. Throws as the
 * rotation does before it begins.
 */
export async function planCertificateRotation(
  options: DataCentrePlace & CertificateChoices,
): Promise<string[]> {
  const rotation = await CertificateRotation.open(await openDataCentre(options), options)
  try {
    return await rotation.plan()
  } finally {
    rotation.close()
  }
}
