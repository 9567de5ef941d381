import { isIP } from 'node:net'
import { answering } from '@holdfast/agent/group/health'
import { bufferLimitOf, liveValue } from '@holdfast/agent/redis/config-lines'
import { fillsMemory, roomyLimitMb, usedBytes } from '@holdfast/agent/redis/memory'
import type { Group } from '@holdfast/site/topology/topology'
import type { Check } from '../finding.ts'
import { formatCount, mostUsedBytes } from '../memory.ts'
import type { RedisFacts, Snapshot } from '../snapshot.ts'
import { oneByOne, redisCli, setDirective } from './advice.ts'

const evictionPolicy: Check = {
  id: 'eviction-policy',
  severity: 'error',
  title: 'A Redis evicts entries when its memory is full',
  why: 'It would evict sessions, and also the tombstones that keep logged-out sessions invalid.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.config['maxmemory-policy'] !== 'noeviction')
      .map((node) => ({
        subject: node.name,
        evidence: `Its maxmemory-policy is ${node.facts.config['maxmemory-policy']}.`,
        ...setDirective(node, 'maxmemory-policy', node.facts.plannedConfig['maxmemory-policy'] ?? ''),
      })),
}

const noMemoryLimit: Check = {
  id: 'no-memory-limit',
  severity: 'error',
  title: 'A Redis has no memory limit',
  why: 'It grows until the kernel kills it or another process on its host.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.config['maxmemory'] === '0')
      .map((node) => ({
        subject: node.name,
        evidence: `Its maxmemory is 0, and it uses ${formatCount(usedBytes(node.facts))} bytes for data.`,
        ...setDirective(node, 'maxmemory', node.facts.plannedConfig['maxmemory'] ?? ''),
      })),
}

const memoryLimitDrifted: Check = {
  id: 'memory-limit-drifted',
  severity: 'warning',
  title: 'A Redis has another memory limit than planned',
  why: 'Any Redis may become the primary. With less memory than planned it refuses logins early; with more, it may not fit its host.',
  needs: ['redis'],
  check: (snapshot) =>
    answering(snapshot.redis).flatMap((node) => {
      const [live, planned] = [node.facts.config, node.facts.plannedConfig].map(limitOf)
      if (live === undefined || planned === undefined || !isDrift(live, planned, snapshot)) return []
      const evidence = `Its maxmemory is ${formatCount(live)} bytes instead of ${formatCount(planned)}.`
      if (live < planned || hasRoom(snapshot, planned)) {
        return {
          subject: node.name,
          evidence,
          ...setDirective(node, 'maxmemory', String(planned)),
        }
      }
      return {
        subject: node.name,
        evidence,
        advice:
          'Holdfast does not lower it: the data of a Redis would fill the planned limit, or a Redis does not answer. ' +
          `Raise redis.maxmemoryMb in the file of the data centre to ${roomyLimitMb(mostUsedBytes(snapshot))} or ` +
          `more. To see the memory in use:\n${redisCli(node.address, 'INFO', 'memory')}`,
      }
    }),
}

const limitOf = ({ maxmemory = '' }: RedisFacts['config']): number => Number(maxmemory)

/** A missing limit has a check of its own. A raised limit is drift only if a file plans the limit. */
function isDrift(live: number, planned: number, { topology }: Snapshot): boolean {
  if (live === 0 || live === planned) return false
  return live < planned || topology.redis !== undefined
}

/** Whether every Redis answered, and none would soon refuse logins with this limit. */
const hasRoom = ({ redis }: Snapshot, limitBytes: number): boolean =>
  redis.every(({ facts }) => facts !== null && !fillsMemory(usedBytes(facts), limitBytes))

/** A Redis needs memory beside its data, for replicas, clients and the copy that writes its files. */
const MAX_SHARE_OF_HOST = 0.5

const memoryNearlyFull: Check = {
  id: 'memory-nearly-full',
  severity: 'warning',
  title: 'The memory of a Redis is nearly full',
  why: 'When it is full, logins fail. No session is evicted, and logouts still work.',
  needs: ['redis'],
  check: ({ redis, topology }) =>
    answering(redis).flatMap(({ name, address, facts }) => {
      const limit = Number(facts.config['maxmemory'])
      const used = usedBytes(facts)
      if (limit === 0 || !fillsMemory(used, limit)) return []
      // The limit may be far below the memory in use, so that counts too.
      const roomy = 2 * Math.max(limit, used)
      const ofHost = Number(facts.info['total_system_memory'])
      const isTooMuch = ofHost > 0 && roomy > MAX_SHARE_OF_HOST * ofHost
      const set = `${inFile(topology, roomy)}${redisCli(address, 'CONFIG', 'SET', 'maxmemory', String(roomy))}`
      return {
        subject: name,
        evidence: `It uses ${formatCount(used)} bytes for data; its limit is ${formatCount(limit)}.`,
        advice: isTooMuch
          ? `Its host has ${formatCount(ofHost)} bytes of memory, too few for a limit of ${formatCount(roomy)}. First give every Redis host more memory. Then:\n${set}`
          : set,
      }
    }),
}

/** If a file plans the limit, the other hosts and the next start take it from there. */
const inFile = ({ redis }: Group, bytes: number): string =>
  redis === undefined
    ? ''
    : `Set redis.maxmemoryMb in the file of the data centre to ${Math.ceil(bytes / 1024 ** 2)}. In the meantime:\n`

/** The share of `maxclients` above which the connections count as nearly used up, as for memory. */
const NEARLY_ALL = 0.8

const connectionsNearlyUsedUp: Check = {
  id: 'connections-nearly-used-up',
  severity: 'warning',
  title: 'A Redis has few connections left',
  why: 'At maxclients it closes each new connection: logins fail, and Sentinel takes it for down. Any Redis may become the primary, and then gets as many clients as the primary has now.',
  needs: ['redis'],
  check: ({ redis }) => {
    const open = answering(redis).map(({ facts }) => openConnections(facts))
    const most = Math.max(...open)
    return answering(redis).flatMap(({ name, address, facts }, index) => {
      const limit = Number(facts.config['maxclients'])
      if (!(limit > 0) || most <= NEARLY_ALL * limit) return []
      const roomy = Math.max(2 * most, DEFAULT_MAX_CLIENTS)
      return {
        subject: name,
        evidence: `Its maxclients is ${formatCount(limit)}. It has ${formatCount(open[index] ?? 0)} connections, and the Redis with the most has ${formatCount(most)}.`,
        advice:
          `See which clients connect, and whether one of them opens connections without end:\n${redisCli(address, 'CLIENT', 'LIST')}\n` +
          `Otherwise raise the limit. Redis refuses a limit above its number of open files (LimitNOFILE in its unit):\n${redisCli(address, 'CONFIG', 'SET', 'maxclients', String(roomy))}\n${redisCli(address, 'CONFIG', 'REWRITE')}`,
      }
    })
  },
}

/** The limit of a Redis without the directive. It starts with less if it may not open so many files. */
const DEFAULT_MAX_CLIENTS = 10_000

/** `connected_clients` leaves out the replicas, which count towards the limit. */
const openConnections = ({ info }: RedisFacts): number =>
  Number(info['connected_clients'] ?? 0) + Number(info['connected_slaves'] ?? 0)

const backlogAboveBufferLimit: Check = {
  id: 'backlog-above-buffer-limit',
  severity: 'error',
  title: 'A replica that catches up is disconnected again and again',
  why: 'The replication backlog is larger than the output buffer of a replica, so sending the backlog always exceeds the limit.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => isBacklogAboveLimit(facts))
      .map((node) => ({
        subject: node.name,
        evidence: `repl-backlog-size is ${formatCount(Number(node.facts.config['repl-backlog-size']))} bytes, and client-output-buffer-limit is "${bufferLimitOf(node.facts.config['client-output-buffer-limit'] ?? '', 'slave')}".`,
        ...setDirective(node, ...changedDirective(node.facts)),
      })),
}

function isBacklogAboveLimit({ config }: RedisFacts): boolean {
  const [, hard = '0', soft = '0'] = bufferLimitOf(config['client-output-buffer-limit'] ?? '', 'slave').split(
    ' ',
  )
  const limits = [hard, soft].map(Number).filter((limit) => limit > 0)
  return limits.some((limit) => limit < Number(config['repl-backlog-size']))
}

/** The directive of the two that differs from the plan, with its planned value. */
function changedDirective({ config, plannedConfig }: RedisFacts): [name: string, value: string] {
  const backlog = plannedConfig['repl-backlog-size'] ?? ''
  return config['repl-backlog-size'] === backlog
    ? ['client-output-buffer-limit', plannedConfig['client-output-buffer-limit'] ?? '']
    : ['repl-backlog-size', backlog]
}

/** These directives decide who can connect: a person must know the present clients before one changes. */
const DECIDES_WHO_CONNECTS = /^(bind|port|protected-mode|tls-.*)$/

const settingsDrifted: Check = {
  id: 'settings-drifted',
  severity: 'warning',
  title: 'A Redis has other settings than planned',
  why: 'All nodes should have the same settings, because any of them may become the primary.',
  needs: ['redis'],
  check: (snapshot) =>
    answering(snapshot.redis).flatMap((node) =>
      driftedSettings(node.facts).map(([name, live, planned]) => {
        const { advice, fix } = setDirective(node, name, planned)
        const finding = { subject: node.name, evidence: `${name} is "${live}" instead of "${planned}".` }
        if (DECIDES_WHO_CONNECTS.test(name)) {
          const when = 'When every client, Redis and Sentinel can connect as planned:'
          return { ...finding, advice: `${when}\n${advice}\n${oneByOne(snapshot)}` }
        }
        if (name === 'appendfsync' && live === 'always') {
          const keep = 'It loses less in a power failure than planned. To keep that, plan it for every Redis'
          return { ...finding, advice: `${keep} (redis.appendfsync: always). Otherwise:\n${advice}` }
        }
        return { ...finding, advice, fix }
      }),
    ),
}

function driftedSettings(facts: RedisFacts): [name: string, live: string, planned: string][] {
  return Object.entries(facts.plannedConfig)
    .filter(([name]) => !hasOwnCheck(name, facts))
    .map(([name, planned]): [string, string, string] => [
      name,
      liveValue(name, facts.config[name] ?? ''),
      planned,
    ])
    .filter(([, live, planned]) => live !== planned)
}

/** Whether another check reports that this setting is not as planned. */
function hasOwnCheck(name: string, facts: RedisFacts): boolean {
  const live = facts.config[name]
  switch (name) {
    case 'replica-priority':
    case 'maxmemory':
      return true
    case 'replica-announce-ip':
      return isIP(live ?? '') === 0
    case 'maxmemory-policy':
      return live !== 'noeviction'
    case 'appendonly':
      return live !== 'yes'
    case 'min-replicas-to-write':
      return Number(live) < 1
    case 'min-replicas-max-lag':
      return live === '0'
    case 'client-output-buffer-limit':
    case 'repl-backlog-size':
      return isBacklogAboveLimit(facts)
    default:
      return false
  }
}

/** With time synchronization, clocks differ by a few milliseconds. Servers more than 25 s off refuse logins. */
const MAX_SKEW_MS = 500

const clockSkew: Check = {
  id: 'clock-skew',
  severity: 'error',
  title: 'The clocks of the hosts differ',
  why: 'Servers on a host with a wrong clock refuse logins, and Sentinel delays failovers.',
  needs: ['redis'],
  check: ({ redis }) => {
    const nodes = answering(redis)
    const sorted = [...nodes].sort((one, other) => one.facts.clock.aheadMs - other.facts.clock.aheadMs)
    const median = sorted[Math.floor(sorted.length / 2)]
    if (median === undefined) return []
    return nodes.flatMap(({ name, facts: { clock } }) => {
      const differsMs = clock.aheadMs - median.facts.clock.aheadMs
      const atLeastMs = Math.abs(differsMs) - clock.uncertainMs - median.facts.clock.uncertainMs
      if (atLeastMs <= MAX_SKEW_MS) return []
      return {
        subject: name,
        evidence: `Its clock is ${Math.round(Math.abs(differsMs))} ms ${differsMs > 0 ? 'ahead of' : 'behind'} the clock of ${median.name}.`,
        advice:
          'On its host: chronyc makestep, one host at a time. Make sure that chrony or systemd-timesyncd runs on every host.',
      }
    })
  },
}

export const MEMORY_AND_SETTING_CHECKS: readonly Check[] = [
  evictionPolicy,
  noMemoryLimit,
  memoryLimitDrifted,
  memoryNearlyFull,
  connectionsNearlyUsedUp,
  backlogAboveBufferLimit,
  settingsDrifted,
  clockSkew,
]
