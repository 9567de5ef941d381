import { parseReplication, type Reply } from '@holdfast/tokens/redis'
import { readClients, readInfo } from '../../redis/replies.ts'
import type { ApplicationSeen, RedisFacts } from './facts.ts'

/** What a Redis says of itself in `INFO`. How far it is behind is known only beside the others. */
export function redisFacts(reply: Reply | undefined): Omit<RedisFacts, 'certificateDays'> {
  const { role, offset, replicas, linkUp, primaryAddress } = parseReplication(String(reply))
  const info = readInfo(reply)
  const number = (name: string) => Number(info[name] ?? 0)
  const isReplica = role === 'replica'
  return {
    role,
    offset,
    lagBytes: null,
    replicas: replicas.length,
    link: isReplica ? (linkUp ? 'up' : 'down') : null,
    primary: isReplica ? primaryAddress : null,
    version: info['valkey_version'] ?? info['redis_version'] ?? '',
    upSeconds: number('uptime_in_seconds'),
    keys: Number(info['db0']?.match(/keys=(\d+)/)?.[1] ?? 0),
    memory: { used: number('used_memory'), max: number('maxmemory') },
    connections: { open: number('connected_clients'), max: number('maxclients') },
  }
}

/** Operations and doctors come and go, and are no application. */
const OPERATOR_NAME = 'holdfast-cluster'

/** Who uses the store, out of a `CLIENT LIST`: what the library connects with is called `holdfast-` and more. */
export function applicationsIn(reply: Reply | undefined): ApplicationSeen[] {
  const seen = new Map<string, ApplicationSeen>()
  for (const { name, host } of readClients(reply)) {
    if (!name.startsWith('holdfast-') || name === OPERATOR_NAME) continue
    const known = seen.get(`${name} ${host}`) ?? { name, host, connections: 0 }
    seen.set(`${name} ${host}`, { ...known, connections: known.connections + 1 })
  }
  return [...seen.values()].sort((one, other) => one.host.localeCompare(other.host, 'en', { numeric: true }))
}
