import {
  askProcess,
  askQuorum,
  type PlannedProcess,
  readSentinelState,
  sentinelQuestions,
} from '@holdfast/agent/group/snapshot'
import { ConnectionPool } from '@holdfast/agent/redis/connection-pool'
import { readField, readInfo, readList } from '@holdfast/agent/redis/replies'
import { unsupportedByHello } from '@holdfast/tokens/redis'
import type { AnyDataCentre } from '../../data-centre/open.ts'
import type { SentinelFacts, SentinelSnapshot } from '../snapshot.ts'
import { type Ask, collectAcl } from './acl.ts'
import { plannedTexts } from './planned.ts'
import { clientsIn, readMap, readPeer } from './replies.ts'

/** Collects everything about one Sentinel. */
export async function collectSentinel(
  dataCentre: AnyDataCentre,
  process: PlannedProcess,
  timeoutMs: number,
): Promise<SentinelSnapshot> {
  const { topology, secrets, tls } = dataCentre
  const { name, address, index } = process
  const connections = new ConnectionPool({ username: 'admin', password: secrets.sentinelAdmin, tls })
  const ask: Ask = (...commands) => connections.send(address, commands, timeoutMs)
  const passwords = { admin: secrets.sentinelAdmin, peer: secrets.peer, app: secrets.sentinelApp }
  const { primaryName } = topology
  const { sentinelUsers } = plannedTexts(dataCentre, index)
  const collected = askProcess(process, async (): Promise<SentinelFacts> => {
    const state = await ask(...sentinelQuestions(primaryName))
    const [settings, hello, clients] = await ask(
      ['SENTINEL', 'CONFIG', 'GET', '*'],
      ['HELLO'],
      ['CLIENT', 'LIST'],
    )
    const [primary, replicas, sentinels, info] = state
    const { 'sentinel-user': user, 'sentinel-pass': password } = readMap(settings)
    return {
      unsupported: unsupportedByHello(name, hello, 'sentinel')?.message ?? null,
      ...readSentinelState(address, state),
      quorum: Number(readField(primary, 'quorum')),
      parallelSyncs: Number(readField(primary, 'parallel-syncs')),
      flags: readField(primary, 'flags').split(','),
      replicas: readList(replicas).map(readPeer),
      sentinels: readList(sentinels).map(readPeer),
      quorumProblem: await askQuorum((commands) => ask(...commands), primaryName),
      knowsPeerPassword: user === 'peer' && password === secrets.peer,
      acl: await collectAcl({ address, tls, timeoutMs }, ask, sentinelUsers, passwords),
      configFile: readInfo(info)['config_file'] ?? '',
      clients: clientsIn(clients),
    }
  })
  return collected.finally(() => connections.close())
}
