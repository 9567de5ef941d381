import { cliFlagsOf } from '../../operate/cli-flags.ts'
import { connectControl } from '../../operate/control-client.ts'
import { type AnyDataCentre, isSite } from '../../operate/open.ts'
import { readUnfinishedRotations } from '../../operate/rotate/unfinished.ts'
import { STARTED_WITH } from '../../render/host-paths.ts'
import { secretAges } from '../../secrets/file-ages.ts'
import type { LocalDataCentre } from '../../state/open.ts'
import { runningSupervisor } from '../../state/records.ts'
import type { Snapshot } from '../snapshot.ts'
import { collectCertificates } from './certificates.ts'
import { collectDrill } from './drill.ts'
import { collectFiles } from './files.ts'
import { collectHttp } from './http.ts'
import { collectRedis } from './redis.ts'
import { collectSentinel } from './sentinel.ts'

/** Deadline of each question (in milliseconds). Processes are asked at the same time. */
const PATIENCE_MS = 1500

/** Asks everything and everybody once. What does not answer in time is part of the result, not an error. */
export async function collect(dataCentre: AnyDataCentre): Promise<Snapshot> {
  const { topology, secrets } = dataCentre
  const hosts = [...topology.dataHosts.keys()]
  const [local, redis, sentinels, certificates, ages, rotations] = await Promise.all([
    isSite(dataCentre) ? ELSEWHERE : collectLocal(dataCentre),
    Promise.all(hosts.map((index) => collectRedis(dataCentre, index, PATIENCE_MS))),
    Promise.all(hosts.map((index) => collectSentinel(dataCentre, index, PATIENCE_MS))),
    collectCertificates(dataCentre, PATIENCE_MS),
    secretAges(dataCentre),
    readUnfinishedRotations(dataCentre),
  ])
  return {
    topology,
    again: cliFlagsOf(dataCentre),
    mark: secrets.mark,
    redis,
    sentinels,
    ...certificates,
    secretAges: ages,
    rotations,
    unitFiles: isSite(dataCentre) ? STARTED_WITH : null,
    ...local,
  }
}

type LocalPart = Pick<Snapshot, 'supervisor' | 'processes' | 'http' | 'files' | 'drill'>

/** Of other machines, their processes and files are not seen. */
const ELSEWHERE: LocalPart = {
  supervisor: 'none',
  processes: [],
  http: [],
  files: [],
  drill: null,
}

async function collectLocal(local: LocalDataCentre): Promise<LocalPart> {
  const { topology, folder } = local
  const gateways = topology.gateways.map((address, index) => ({ name: `gateway-${index + 1}`, address }))
  const web = [...gateways, { name: 'balancer', address: topology.balancer }]
  const [control, http, files, drill] = await Promise.all([
    connectControl(folder.path)
      .status()
      .catch(() => null),
    Promise.all(web.map(({ name, address }) => collectHttp(name, address, PATIENCE_MS))),
    collectFiles(local),
    collectDrill(folder),
  ])
  return {
    supervisor: control !== null ? 'running' : runningSupervisor(folder) !== null ? 'hung' : 'gone',
    processes: control?.processes ?? [],
    http,
    files,
    drill,
  }
}
