import { RedisReplyError } from '../errors.ts'
import { parseWhole } from '../network-text.ts'
import { formatAddress } from './address.ts'

/** What a node says about its part in replication (`INFO replication`). */
export interface ReplicationView {
  role: 'primary' | 'replica'
  /** The history that the node's data belongs to. */
  replid: string
  /** The history that it continued when it was promoted. */
  replid2: string
  offset: number
  /** Of a primary: its connected replicas that have finished their first synchronisation. */
  replicas: ReplicaView[]
  /** Of a replica: its primary's address, and whether the link is up. */
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
 * Reads the reply of `INFO replication`. Throws when the role or the offset cannot be read: such a node is not taken for
 * a replica, nor for one that is behind. A replica whose line cannot be read is left out.
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
 * Which replicas have confirmed what `WAIT` spoke of, by the primary's view of just after it: as many as `WAIT` answered,
 * and those that confirmed most. `WAIT` itself counts every connected replica, also one that is not a member of the group.
 */
export function confirmers({ replicas }: ReplicationView, confirmed: number): string[] {
  const byOffset = replicas.map(({ offset }) => offset).sort((a, b) => b - a)
  const least = confirmed > 0 ? byOffset[Math.min(confirmed, byOffset.length) - 1] : undefined
  return least === undefined
    ? []
    : replicas.flatMap(({ address, offset }) => (offset >= least ? [address] : []))
}
