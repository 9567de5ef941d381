import type { DataCentre, Secrets, Site } from '@holdfast/cluster'

/** Where the command `render` gets its site and the secrets of each data centre from. */
export interface SiteSource {
  /** Reads and checks the file that describes a site. */
  readSite: (file: string) => Promise<Site>
  /** Reads the secrets of one data centre from where the site says that they are. */
  readSecrets: (dataCentre: DataCentre) => Promise<Secrets>
}

/** To be replaced by the readers of `holdfast.yaml` and of the secrets that it points to. */
export const SITE_SOURCE: SiteSource = {
  readSite: () => notYet(),
  readSecrets: () => notYet(),
}

const notYet = () => Promise.reject(new Error('holdfast.yaml cannot be read yet.'))
