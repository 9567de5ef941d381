import type { SiteDataCentre } from '../../open-site.ts'
import { deliver } from '../deliver.ts'
import { allUse, BRING_AGAIN, DONE_MS, siteGateways } from '../gateways.ts'
import { hostPasswords } from './host-passwords.ts'
import type { PasswordChange, Servers } from './servers.ts'

/**
 * The hosts of a data centre that is reached by its file. What they read passwords from are files, which a command brings
 * there: it renders the site, places the files and lets the services take them. Without one, people do that, between two
 * stages. Gateways that this machine reaches are asked what they use; of the others nothing is known.
 */
export function siteServers({ dataCentre }: SiteDataCentre, deliverCommand: string | undefined): Servers {
  const gateways = siteGateways(dataCentre)

  async function allTaken({ revision, signal }: PasswordChange, limitMs?: number): Promise<void> {
    if (revision === null) return
    const what = { revision, what: 'passwords', remedy: BRING_AGAIN, skipsSilent: true }
    await allUse(gateways, { ...what, signal, ...(limitMs === undefined ? {} : { limitMs }) })
  }

  return {
    check: async () => {},
    async take(change) {
      if (deliverCommand === undefined) return
      change.tell('gateways', `Bringing the new passwords to the hosts: ${deliverCommand}`)
      await deliver(deliverCommand, change.signal)
      await allTaken(change)
    },
    confirm: (change) => allTaken(change, DONE_MS),
    byHand: (users) => (deliverCommand === undefined ? hostPasswords(dataCentre, users) : []),
  }
}
