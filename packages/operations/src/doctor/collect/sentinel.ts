import { ConnectionPool } from '@holdfast/agent/redis/connection-pool'
import { readField, readInfo, readList } from '@holdfast/agent/redis/replies'
import { readAnswer } from '@holdfast/agent/redis/sentinels'
import { processName, sentinelAddress } from '@holdfast/site/topology/topology'
import { RedisReplyError } from '@holdfast/tokens'
import { formatAddress, unsupportedByHello } from '@holdfast/tokens/redis'
import type { AnyDataCentre } from '../../data-centre/open.ts'
import type { SentinelFacts, SentinelSnapshot } from '../snapshot.ts'
import { type Ask, collectAcl } from './acl.ts'
import { plannedTexts } from './planned.ts'
import { clientsIn, readMap, readPeer, refusalIn } from './replies.ts'

/** Collects everything about one Sentinel. */
export async function collectSentinel(
  dataCentre: AnyDataCentre,
  index: number,
  timeoutMs: number,
): Promise<SentinelSnapshot> {
  const { topology, secrets, tls } = dataCentre
  const host = topology.dataHosts[index]
  if (host === undefined) throw new RangeError(`There is no data host ${index}.`)
  const address = sentinelAddress(host)
  const node = { name: processName('sentinel', index, host), at: formatAddress(address), address }
  const connections = new ConnectionPool({ username: 'admin', password: secrets.sentinelAdmin, tls })
  const ask: Ask = (...commands) => connections.send(address, commands, timeoutMs)
  const passwords = { admin: secrets.sentinelAdmin, peer: secrets.peer, app: secrets.sentinelApp }
  const { primaryName } = topology
  const { sentinelUsers } = plannedTexts(dataCentre, index)
  try {
    const [primary, replicas, sentinels, info, settings, hello, server, clients] = await ask(
      ['SENTINEL', 'MASTER', primaryName],
      ['SENTINEL', 'REPLICAS', primaryName],
      ['SENTINEL', 'SENTINELS', primaryName],
      ['INFO', 'sentinel'],
      ['SENTINEL', 'CONFIG', 'GET', '*'],
      ['HELLO'],
      ['INFO', 'server'],
      ['CLIENT', 'LIST'],
    )
    const { 'sentinel-user': user, 'sentinel-pass': password } = readMap(settings)
    const facts: SentinelFacts = {
      unsupported: unsupportedByHello(node.name, hello, 'sentinel')?.message ?? null,
      ...readAnswer(address, primary ?? null),
      quorum: Number(readField(primary, 'quorum')),
      parallelSyncs: Number(readField(primary, 'parallel-syncs')),
      flags: readField(primary, 'flags').split(','),
      replicas: readList(replicas).map(readPeer),
      sentinels: readList(sentinels).map(readPeer),
      tilt: readInfo(info)['sentinel_tilt'] === '1',
      quorumProblem: await askQuorum(ask, primaryName),
      knowsPeerPassword: user === 'peer' && password === secrets.peer,
      acl: await collectAcl({ address, tls, timeoutMs }, ask, sentinelUsers, passwords),
      configFile: readInfo(server)['config_file'] ?? '',
      clients: clientsIn(clients),
    }
    return { ...node, facts, problem: null, refusal: null }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...node, facts: null, problem, refusal: refusalIn(error) }
  } finally {
    connections.close()
  }
}

async function askQuorum(ask: Ask, primaryName: string): Promise<string | null> {
  try {
    await ask(['SENTINEL', 'CKQUORUM', primaryName])
    return null
  } catch (error) {
    if (error instanceof RedisReplyError) return error.message
    throw error
  }
}
