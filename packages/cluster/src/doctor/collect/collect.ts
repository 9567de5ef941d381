import { connectControl } from '../../operate/control-client.ts'
import type { LocalDataCentre } from '../../state/open.ts'
import { runningSupervisor } from '../../state/records.ts'
import type { Snapshot } from '../snapshot.ts'
import { collectFiles } from './files.ts'
import { collectHttp } from './http.ts'
import { collectRedis } from './redis.ts'
import { collectSentinel } from './sentinel.ts'

/** Deadline of each question (in milliseconds). Processes are asked at the same time. */
const PATIENCE_MS = 1500

/** Asks everything and everybody once. What does not answer in time is part of the result, not an error. */
export async function collect(dataCentre: LocalDataCentre): Promise<Snapshot> {
  const { topology, secrets, folder } = dataCentre
  const hosts = [...topology.dataHosts.keys()]
  const gateways = topology.gateways.map((address, index) => ({ name: `gateway-${index + 1}`, address }))
  const web = [...gateways, { name: 'balancer', address: topology.balancer }]
  const [control, redis, sentinels, http, files] = await Promise.all([
    connectControl(folder.path)
      .status()
      .catch(() => null),
    Promise.all(hosts.map((index) => collectRedis(dataCentre, index, PATIENCE_MS))),
    Promise.all(hosts.map((index) => collectSentinel(dataCentre, index, PATIENCE_MS))),
    Promise.all(web.map(({ name, address }) => collectHttp(name, address, PATIENCE_MS))),
    collectFiles(dataCentre),
  ])
  return {
    topology,
    mark: secrets.mark,
    supervisor: control !== null ? 'running' : runningSupervisor(folder) !== null ? 'hung' : 'gone',
    processes: control?.processes ?? [],
    redis,
    sentinels,
    http,
    files,
  }
}
