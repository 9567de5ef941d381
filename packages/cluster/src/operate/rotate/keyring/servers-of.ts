import { type AnyDataCentre, isSite } from '../../open.ts'
import type { KeyringChoices } from './choices.ts'
import { localServers } from './local-servers.ts'
import type { RingServers } from './servers.ts'
import { siteServers } from './site-servers.ts'

/** Who uses the ring of a data centre of this machine, or of one that is reached by its file. */
export function serversOf(
  dataCentre: AnyDataCentre,
  { deliverCommand }: Pick<KeyringChoices, 'deliverCommand'>,
): RingServers {
  return isSite(dataCentre) ? siteServers(dataCentre, deliverCommand) : localServers(dataCentre)
}
