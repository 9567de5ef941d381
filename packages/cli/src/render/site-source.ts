import { dirname } from 'node:path'
import { type DataCentre, loadSecrets, loadSite, type Secrets, type Site } from '@holdfast/cluster'
import { mistakesInSettings } from '@holdfast/gateway/settings'

/** Where the command `render` gets its site and the secrets of each data centre from. */
export interface SiteSource {
  /** Reads and checks the file that describes a site. */
  readSite: (file: string) => Promise<Site>
  /** The secrets of one data centre from where the site in that file says that they are; a folder without gets new ones. */
  readSecrets: (dataCentre: DataCentre, file: string) => Promise<Secrets>
}

export const SITE_SOURCE: SiteSource = {
  readSite: (file) => loadSite(file, { judgeGateway: mistakesInSettings }),
  readSecrets: ({ name, secrets }, file) => loadSecrets(secrets, dirname(file), { createFor: name }),
}
