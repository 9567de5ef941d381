import type { TlsOptions } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { Group } from '../topology/topology.ts'

/** The nodes of a data centre and the credentials to connect to them. */
export interface GroupAccess {
  topology: Group
  secrets: Secrets
  /** Null: connections are not encrypted. */
  tls: TlsOptions | null
}
