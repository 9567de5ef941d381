import type { TlsOptions } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { Group } from '../topology/topology.ts'

/** What a command needs to send questions to the nodes of a data centre. */
export interface GroupAccess {
  topology: Group
  secrets: Secrets
  /** Null: connections are not encrypted. */
  tls: TlsOptions | null
}
