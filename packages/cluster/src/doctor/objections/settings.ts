import { formatAddress } from '@holdfast/tokens/redis'
import type { SettingsFix } from '../finding.ts'
import { fillsMemory, usedBytes } from '../../redis/memory.ts'
import { neededBytes } from '../memory.ts'
import { answering, type RedisFacts, type Snapshot } from '../snapshot.ts'
import { count } from '../words.ts'

/** Why settings of a Redis must not be changed so now; null when they may be. Pure. */
export function whyNotSet({ address, directives }: SettingsFix, snapshot: Snapshot): string | null {
  const at = formatAddress(address)
  const facts = answering(snapshot.redis).find((one) => one.at === at)?.facts
  if (facts === undefined) return 'It cannot be asked what the change would do.'
  const change: Change = { snapshot, facts, directives }
  for (const [name, value] of Object.entries(directives)) {
    const reason = OBJECTIONS[name]?.(value, change)
    if (reason) return reason
  }
  return null
}

interface Change {
  snapshot: Snapshot
  facts: RedisFacts
  directives: Readonly<Record<string, string>>
}

type Objection = (value: string, change: Change) => string | null

const fewReplicas: Objection = (_, { facts: { replication, config }, directives }) => {
  const after = (name: string) => Number(directives[name] ?? config[name])
  const [count, maxLag] = [after('min-replicas-to-write'), after('min-replicas-max-lag')]
  const close = replication.replicas.filter(({ lagSeconds }) => lagSeconds <= maxLag).length
  return replication.role === 'primary' && close < count
    ? `It is the primary, and ${close} replicas follow it closely: it would refuse every write.`
    : null
}

/** Who knows a Redis by another address or name would take it for two. */
const knownOtherwise: Objection = (_, { snapshot }) => {
  const planned = snapshot.redis.map(({ at }) => at)
  const known = [
    ...answering(snapshot.redis).map(({ name, facts: { replication } }) => ({
      name,
      ats: [replication.primaryAddress, ...replication.replicas.map(({ address }) => address)],
    })),
    ...answering(snapshot.sentinels).map(({ name, facts }) => ({
      name,
      ats: [facts.primary, ...facts.replicas.map((replica) => replica.at)],
    })),
  ]
  for (const { name, ats } of known) {
    const other = ats.find((at) => at !== null && !planned.includes(at))
    if (other !== undefined)
      return `${name} knows a Redis as ${other}: with a second address it would take it for two, and a failover may let it follow itself.`
  }
  return null
}

const OBJECTIONS: Readonly<Record<string, Objection>> = {
  maxmemory: (value, { snapshot }) => {
    const needed = neededBytes(snapshot)
    return Number(value) !== 0 && Number(value) < needed
      ? `With a limit of ${count(Number(value))} bytes it would refuse logins: what the fullest Redis uses needs ${count(needed)}.`
      : null
  },
  'maxmemory-policy': (value, { facts }) => {
    const limit = Number(facts.config['maxmemory'])
    return value === 'noeviction' && limit > 0 && fillsMemory(usedBytes(facts), limit)
      ? 'Its memory is nearly full, so it would soon refuse every write: raise its maxmemory first.'
      : null
  },
  'repl-backlog-size': (value, { facts }) => {
    const limit = Number(facts.config['maxmemory'])
    const grown = usedBytes(facts) + Number(value) - Number(facts.config['repl-backlog-size'])
    return limit > 0 && fillsMemory(grown, limit)
      ? 'The backlog counts as used memory, and it would be nearly full: raise its maxmemory first.'
      : null
  },
  'client-output-buffer-limit': (value, { facts: { info } }) => {
    const hard = Number(value.split(' ')[1])
    return hard > 0 && Number(info['mem_clients_slaves']) > hard
      ? 'A replica that catches up would be cut off. Wait until it has everything.'
      : null
  },
  appendonly: (_, { facts: { info } }) =>
    info['rdb_last_bgsave_status'] === 'err'
      ? 'It cannot write to its disk, and a primary refuses writes then: see to the disk first.'
      : null,
  'min-replicas-to-write': fewReplicas,
  'min-replicas-max-lag': fewReplicas,
  'replica-announce-ip': knownOtherwise,
  'replica-announce-port': knownOtherwise,
}
