import { type LocalDataCentre, openLocal } from '@holdfast/local/state/open'
import { proxyUsers } from '@holdfast/site/file/site'
import { openSite, type SiteDataCentre, type SitePlace } from './open-site.ts'

/** Selects a data centre: one of this machine by its state folder, or any other by the file that describes it. */
export type DataCentrePlace = LocalPlace | SitePlace

interface LocalPlace {
  /** The state folder of the running data centre. */
  stateDir: string
}

/** A data centre that a supervisor of this machine runs, or one that is described by a file. */
export type AnyDataCentre = LocalDataCentre | SiteDataCentre

/** Opens the selected data centre. Throws as `openLocal` (`NOT_RUNNING`, `STATE_UNUSABLE`) or {@link openSite}. */
export function openDataCentre(place: DataCentrePlace): Promise<AnyDataCentre> {
  return 'stateDir' in place ? openLocal(place.stateDir) : openSite(place)
}

export const isSite = (dataCentre: AnyDataCentre): dataCentre is SiteDataCentre => 'site' in dataCentre

/** The Redis users of clients of its proxies. A data centre of this machine has none of its own. */
export const proxyUsersOf = (dataCentre: AnyDataCentre): string[] =>
  isSite(dataCentre) ? Object.keys(proxyUsers(dataCentre.site, dataCentre.dataCentre)) : []
