import { readClients, readInfo } from '@holdfast/agent/redis/replies'
import { parseReplication, type Reply } from '@holdfast/tokens/redis'
import type { ApplicationSeen, RedisFacts } from './facts.ts'

/** The facts of one Redis from its `INFO`. Its lag is added later, because it depends on the others. */
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

/** Connections of operations and of the doctor do not belong to an application. */
const OPERATOR_NAME = 'holdfast-cluster'

/** The clients of the store in a `CLIENT LIST`: connections of the library have names that begin with `holdfast-`. */
export function applicationsIn(reply: Reply | undefined): ApplicationSeen[] {
  const seen = new Map<string, ApplicationSeen>()
  for (const { name, host } of readClients(reply)) {
    if (!name.startsWith('holdfast-') || name === OPERATOR_NAME) continue
    const known = seen.get(`${name} ${host}`) ?? { name, host, connections: 0 }
    seen.set(`${name} ${host}`, { ...known, connections: known.connections + 1 })
  }
  return [...seen.values()].sort((one, other) => one.host.localeCompare(other.host, 'en', { numeric: true }))
}
