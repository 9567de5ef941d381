import { ClusterError } from '../../../errors.ts'
import { type AnyDataCentre, isSite } from '../../open.ts'

/** Throws `NOT_SAFE` for a data centre without certificates, or whose certificates no network protocol tells of. */
export function refusePlain(dataCentre: AnyDataCentre): void {
  const { name } = dataCentre.topology
  if (isSite(dataCentre)) {
    const { transport } = dataCentre.site
    if (transport === 'tls') return
    throw new ClusterError(
      'NOT_SAFE',
      transport === 'stunnel'
        ? `The certificates of ${name} are those of stunnel, which reads them at SIGHUP on each host: \`holdfast rotate certificates --manual --file FILE\` says how.`
        : `The transport of ${name} is ${transport}: it has no certificates.`,
    )
  }
  if (dataCentre.topology.transport !== 'plain') return
  throw new ClusterError(
    'NOT_SAFE',
    `The traffic of ${name} is plain: it has no certificates. Start a new data centre by \`holdfast up --transport tls\`.`,
  )
}
