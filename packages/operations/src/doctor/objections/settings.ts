import { answering } from '@holdfast/agent/group/health'
import { fillsMemory, usedBytes } from '@holdfast/agent/redis/memory'
import { formatAddress } from '@holdfast/tokens/redis'
import type { SettingsFix } from '../finding.ts'
import { formatCount, neededBytes } from '../memory.ts'
import type { RedisFacts, Snapshot } from '../snapshot.ts'

/** Why these settings of a Redis must not be changed now; null if they may be. Pure. */
export function objectionToSettings({ address, directives }: SettingsFix, snapshot: Snapshot): string | null {
  const at = formatAddress(address)
  const facts = answering(snapshot.redis).find((one) => one.at === at)?.facts
  if (facts === undefined) return 'It cannot be asked, so the effect of the change is unknown.'
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

const tooFewReplicas: Objection = (_, { facts: { replication, config }, directives }) => {
  const after = (name: string) => Number(directives[name] ?? config[name])
  const [min, maxLag] = [after('min-replicas-to-write'), after('min-replicas-max-lag')]
  const close = replication.replicas.filter(({ lagSeconds }) => lagSeconds <= maxLag).length
  return replication.role === 'primary' && close < min
    ? `It is the primary, and only ${close} replicas follow it closely: it would refuse every write.`
    : null
}

/** A process that knows a Redis by another address or name would count it twice. */
const knownByOtherAddress: Objection = (_, { snapshot }) => {
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
      return `${name} knows a Redis as ${other}. With a second address, that Redis would be taken for two, and a failover could make it follow itself.`
  }
  return null
}

const OBJECTIONS: Readonly<Record<string, Objection>> = {
  maxmemory: (value, { snapshot }) => {
    const needed = neededBytes(snapshot)
    return Number(value) !== 0 && Number(value) < needed
      ? `With a limit of ${formatCount(Number(value))} bytes it would refuse logins: the data of the fullest Redis needs ${formatCount(needed)}.`
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
      ? 'The backlog counts as used memory, which would be nearly full: raise its maxmemory first.'
      : null
  },
  'client-output-buffer-limit': (value, { facts: { info } }) => {
    const hard = Number(value.split(' ')[1])
    return hard > 0 && Number(info['mem_clients_slaves']) > hard
      ? 'A replica that catches up would be disconnected. Wait until it has all data.'
      : null
  },
  appendonly: (_, { facts: { info } }) =>
    info['rdb_last_bgsave_status'] === 'err'
      ? 'It cannot write to its disk, and a primary then refuses writes: repair the disk first.'
      : null,
  save: (value, { facts: { config, info }, directives }) => {
    if (value !== '') return null
    const appends = (directives['appendonly'] ?? config['appendonly']) === 'yes'
    return appends &&
      (info['aof_last_write_status'] ?? 'ok') === 'ok' &&
      info['aof_rewrite_in_progress'] !== '1' &&
      info['aof_rewrite_scheduled'] !== '1'
      ? null
      : 'Its snapshots are all that it has on its disk: first make it write an append-only file (appendonly yes), and wait until that file is complete.'
  },
  'min-replicas-to-write': tooFewReplicas,
  'min-replicas-max-lag': tooFewReplicas,
  'replica-announce-ip': knownByOtherAddress,
  'replica-announce-port': knownByOtherAddress,
}
