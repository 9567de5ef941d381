import { type AnyDataCentre, isSite } from '../../open.ts'
import type { PasswordChoices } from './choices.ts'
import { localServers } from './local-servers.ts'
import type { Servers } from './servers.ts'
import { siteServers } from './site-servers.ts'

/** The servers of a data centre of this machine, or the hosts of one that is reached by its file. */
export function serversOf(
  dataCentre: AnyDataCentre,
  { deliverCommand }: Pick<PasswordChoices, 'deliverCommand'>,
): Servers {
  return isSite(dataCentre) ? siteServers(dataCentre, deliverCommand) : localServers(dataCentre)
}
