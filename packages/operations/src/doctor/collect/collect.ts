import { plannedProcesses } from '@holdfast/agent/group/snapshot'
import { STARTED_WITH } from '@holdfast/site/render/host-paths'
import { secretAges } from '@holdfast/site/secrets/file-ages'
import { cliFlagsOf } from '../../data-centre/cli-flags.ts'
import { type AnyDataCentre, isSite } from '../../data-centre/open.ts'
import { readUnfinishedRotations } from '../../rotate/unfinished.ts'
import type { Snapshot } from '../snapshot.ts'
import { collectCertificates } from './certificates.ts'
import { collectLocal, NOT_LOCAL } from './local.ts'
import { collectProxies } from './proxies.ts'
import { collectRedis } from './redis.ts'
import { collectSentinel } from './sentinel.ts'

/** Deadline of each question. All processes are asked at the same time. */
const TIMEOUT_MS = 1500

/** Takes a snapshot of a data centre. A process that does not answer in time is part of the result, not an error. */
export async function collect(dataCentre: AnyDataCentre): Promise<Snapshot> {
  const { topology, secrets } = dataCentre
  const planned = plannedProcesses(topology)
  const [local, redis, sentinels, proxies, certificates, ages, rotations] = await Promise.all([
    isSite(dataCentre) ? NOT_LOCAL : collectLocal(dataCentre, TIMEOUT_MS),
    Promise.all(planned.redis.map((one) => collectRedis(dataCentre, one, TIMEOUT_MS))),
    Promise.all(planned.sentinels.map((one) => collectSentinel(dataCentre, one, TIMEOUT_MS))),
    collectProxies(dataCentre, TIMEOUT_MS),
    collectCertificates(dataCentre, TIMEOUT_MS),
    secretAges(dataCentre),
    readUnfinishedRotations(dataCentre),
  ])
  return {
    topology,
    cliFlags: cliFlagsOf(dataCentre),
    groupId: secrets.mark,
    redis,
    sentinels,
    proxies,
    ...certificates,
    secretAges: ages,
    rotations,
    unitFiles: isSite(dataCentre) ? STARTED_WITH : null,
    ...local,
  }
}
