import type { Secrets } from '@holdfast/site/secrets/secrets'
import type { Group } from '@holdfast/site/topology/topology'
import type { TlsOptions } from '@holdfast/tokens/redis'

/** The nodes of a data centre and the credentials to connect to them. */
export interface GroupAccess {
  topology: Group
  secrets: Secrets
  /** Null: connections are not encrypted. */
  tls: TlsOptions | null
}
