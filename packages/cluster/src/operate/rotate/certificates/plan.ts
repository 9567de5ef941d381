import type { LocalDataCentre } from '../../../state/open.ts'
import { certificateHolders } from '../../certificate-holders.ts'
import { type DataCentrePlace, isSite, openDataCentre } from '../../open.ts'
import type { SiteDataCentre } from '../../open-site.ts'
import { yoursToDo } from '../rotation.ts'
import { type CertificateChoices, refuseOddChoices } from './choices.ts'
import { hostCertificates } from './host-certificates.ts'
import { IssueJournal } from './journal.ts'
import { refusePlain } from './refuse-plain.ts'
import { requestsOf } from './site-servers.ts'

/**
 * What `rotateCertificates` would do now, a sentence a step. Changes nothing. Throws as it does before it begins, but that
 * no process is asked.
 */
export async function planCertificateRotation(
  options: DataCentrePlace & CertificateChoices,
): Promise<string[]> {
  const dataCentre = await openDataCentre(options)
  refusePlain(dataCentre)
  const journal = await IssueJournal.open(dataCentre.folder.certificateRotationFile)
  refuseOddChoices(journal, options)
  return [
    ...(journal.isEmpty ? [] : ['Go on with the rotation that was begun before.']),
    ...(isSite(dataCentre) ? await siteSentences(dataCentre, options) : localSentences(dataCentre)),
  ]
}

const issuing = (holders: readonly string[]) =>
  `Issue new certificates from the same authority for ${holders.join(', ')}.`

function localSentences({ topology }: LocalDataCentre): string[] {
  const holders = certificateHolders(topology).map(({ name }) => name)
  const count = topology.dataHosts.length
  return [
    issuing(holders),
    ...(topology.transport === 'tls'
      ? [
          ...overTheNetwork(count),
          `Let ${topology.gateways.length} gateways take theirs without a restart.`,
          'Let the supervisor use its new one.',
        ]
      : [`Let ${count} stunnel read theirs by SIGHUP: no connection ends.`]),
    'Connect to everybody anew.',
  ]
}

async function siteSentences(
  dataCentre: SiteDataCentre,
  { stage, deliverCommand }: CertificateChoices,
): Promise<string[]> {
  const holders = (await requestsOf(dataCentre)).map(({ name }) => name)
  const byHand = hostCertificates(dataCentre.site, dataCentre.dataCentre).map(yoursToDo)
  const stop = 'Stop there, until --stage finish: nobody shows a new one before.'
  if (stage === 'begin' || (stage === undefined && deliverCommand === undefined)) {
    return [issuing(holders), ...(deliverCommand === undefined ? byHand : []), stop]
  }
  return [
    issuing(holders),
    ...(deliverCommand === undefined ? [] : [`Bring them to the hosts: ${deliverCommand}`]),
    ...overTheNetwork(dataCentre.hosts.length),
    'Ask the gateways that answer whether they use theirs.',
    'Connect to everybody anew.',
  ]
}

const overTheNetwork = (count: number): string[] => [
  `Let ${count} Redis read theirs by CONFIG SET: no connection ends.`,
  `Start ${count} Sentinels again, one at a time, each when all know each other and CKQUORUM is well.`,
]
