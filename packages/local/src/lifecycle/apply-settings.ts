import { liveValue, parseRedisConf } from '@holdfast/agent/redis/config-lines'
import { fillsMemory, roomyLimitMb, usedBytes as usedBytesOf } from '@holdfast/agent/redis/memory'
import type { Nodes } from '@holdfast/agent/redis/nodes'
import { readField, readInfo } from '@holdfast/agent/redis/replies'
import { redisAddress } from '@holdfast/site/topology/topology'
import type { LocalDataCentre } from '../state/open.ts'
import { localRedisConf } from '../supervise/seeds.ts'

/** The settings of Redis that a site's file sets, by their Redis names. */
const SETTINGS = [
  'appendfsync',
  'client-output-buffer-limit',
  'maxmemory',
  'maxmemory-policy',
  'repl-backlog-size',
  'replica-priority',
]
const COMMAND_TIMEOUT_MS = 2000

/**
 * Applies the settings of holdfast.yaml to every Redis that answers, because each redis.conf is written only once. Answers
 * in sentences which settings were not changed, and why.
 */
export async function applySettings(dataCentre: LocalDataCentre, nodes: Nodes): Promise<string[]> {
  const { topology } = dataCentre
  if (topology.redis === undefined) return []
  const live = await Promise.all(topology.dataHosts.map((_, index) => readLive(dataCentre, nodes, index)))
  const usedBytes = Math.max(0, ...live.map((one) => one?.usedBytes ?? 0))
  const refused = new Set<string>()
  for (const one of live) {
    if (one === null) continue
    const changes = one.differing.filter(([name, planned]) => {
      const isRefused =
        name === 'maxmemory' &&
        Number(planned) < Number(one.settings['maxmemory']) &&
        (live.includes(null) || fillsMemory(usedBytes, Number(planned)))
      if (isRefused) refused.add(tooSmall(topology.redis?.maxmemoryMb, usedBytes))
      return !isRefused
    })
    if (changes.length === 0) continue
    await nodes.send(
      one.address,
      [
        ['CONFIG', 'SET', ...changes.flat()],
        ['CONFIG', 'REWRITE'],
      ],
      COMMAND_TIMEOUT_MS,
    )
  }
  return [...refused]
}

const tooSmall = (askedMb: number | undefined, usedBytes: number) =>
  `maxmemory was not lowered to ${askedMb} MiB: the data would fill it, or a Redis does not answer. Set redis.maxmemoryMb to ${roomyLimitMb(usedBytes)} or more.`

/** Null when it does not answer; the doctor finds later which settings it lacks. */
async function readLive({ plan, topology, folder, secrets }: LocalDataCentre, nodes: Nodes, index: number) {
  const dataHost = topology.dataHosts[index]
  if (dataHost === undefined) return null
  const address = redisAddress(dataHost)
  const planned = parseRedisConf(localRedisConf(plan, index, folder, secrets))
  try {
    const [config, info] = await nodes.send(
      address,
      [
        ['CONFIG', 'GET', ...SETTINGS],
        ['INFO', 'memory'],
      ],
      COMMAND_TIMEOUT_MS,
    )
    const settings = Object.fromEntries(
      SETTINGS.map((setting) => [setting, liveValue(setting, readField(config, setting))]),
    )
    const differing = SETTINGS.map((setting) => [setting, planned[setting] ?? ''] as const).filter(
      ([setting, value]) => settings[setting] !== value,
    )
    return { address, settings, differing, usedBytes: usedBytesOf({ info: readInfo(info) }) }
  } catch {
    return null
  }
}
