import { RedisReplyError } from '../errors.ts'
import { parseWhole } from '../network-text.ts'
import { formatAddress } from './address.ts'

/** What a node reports about its replication (`INFO replication`). */
export interface ReplicationView {
  role: 'primary' | 'replica'
  /** The replication id of the node's data. */
  replid: string
  /** The replication id that it continued when it was promoted. */
  replid2: string
  offset: number
  /** For a primary: its connected replicas that have finished their first synchronization. */
  replicas: ReplicaView[]
  /** For a replica: the address of its primary, and whether the link is up. */
  primaryAddress: string | null
  linkUp: boolean
}

export interface ReplicaView {
  address: string
  offset: number
  /** Seconds since it last confirmed its offset. */
  lagSeconds: number
}

const ROLES = new Map<string, ReplicationView['role']>([
  ['master', 'primary'],
  ['slave', 'replica'],
])

/**
 * Parses the reply to `INFO replication`. Throws if the role or the offset cannot be read: otherwise such a node
 * could be taken for a replica, or for one that is behind. Leaves out a replica whose line cannot be read.
 */
export function parseReplication(info: string): ReplicationView {
  const fields = new Map<string, string>()
  for (const line of info.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  const role = ROLES.get(fields.get('role') ?? '')
  const offset = parseWhole(fields.get('master_repl_offset'))
  if (role === undefined || offset === null) {
    throw new RedisReplyError('The answer to INFO names no role or no offset.', 'HFINFO')
  }
  const host = fields.get('master_host')
  const replicas: ReplicaView[] = []
  for (const [name, value] of fields) {
    if (!/^slave\d+$/.test(name)) continue
    const replica = new Map(value.split(',').map((pair) => pair.split('=', 2) as [string, string]))
    if (replica.get('state') !== 'online') continue
    const [port, confirmed, lagSeconds] = ['port', 'offset', 'lag'].map((field) =>
      parseWhole(replica.get(field)),
    )
    if (port == null || confirmed == null || lagSeconds == null) continue
    const address = formatAddress({ host: replica.get('ip') ?? '', port })
    replicas.push({ address, offset: confirmed, lagSeconds })
  }
  return {
    role,
    replid: fields.get('master_replid') ?? '',
    replid2: fields.get('master_replid2') ?? '',
    offset,
    replicas,
    primaryAddress: host ? formatAddress({ host, port: Number(fields.get('master_port')) }) : null,
    linkUp: fields.get('master_link_status') === 'up',
  }
}

/**
 * Returns the replicas that have confirmed a `WAIT`, by the view of the primary just after it: as many as `WAIT`
 * reported, those with the highest offsets. `WAIT` itself counts every connected replica, also one that is not a
 * member of the group.
 */
export function confirmers({ replicas }: ReplicationView, confirmed: number): string[] {
  const byOffset = replicas.map(({ offset }) => offset).sort((a, b) => b - a)
  const least = confirmed > 0 ? byOffset[Math.min(confirmed, byOffset.length) - 1] : undefined
  return least === undefined
    ? []
    : replicas.flatMap(({ address, offset }) => (offset >= least ? [address] : []))
}
