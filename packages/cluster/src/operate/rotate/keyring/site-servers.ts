import type { SiteDataCentre } from '../../open-site.ts'
import { deliver } from '../deliver.ts'
import { allUse, BRING_AGAIN, DONE_MS, refuseSilent, siteGateways } from '../gateways.ts'
import { hostRings } from './host-rings.ts'
import type { RingServers } from './servers.ts'

/**
 * The gateways of a data centre that is reached by its file, and its applications. They read the ring from files, which a
 * command brings there, or people do between two stages. Every gateway must answer, and show that it uses the ring: one
 * that does not know a key could not read what another one seals with it. Of applications nothing is known.
 */
export function siteServers({ dataCentre }: SiteDataCentre, deliverCommand: string | undefined): RingServers {
  const gateways = siteGateways(dataCentre)
  const wanted = { what: 'key ring', remedy: BRING_AGAIN }
  return {
    count: gateways.length,
    check: () => refuseSilent(gateways),
    async take({ revision, signal }) {
      if (deliverCommand !== undefined) await deliver(deliverCommand, signal)
      await allUse(gateways, { ...wanted, revision, signal })
    },
    confirm: ({ revision, signal }) => allUse(gateways, { ...wanted, revision, signal, limitMs: DONE_MS }),
    byHand: () => (deliverCommand === undefined ? hostRings(dataCentre) : []),
  }
}
