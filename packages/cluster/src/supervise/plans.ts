import { join } from 'node:path'
import type { StateFolder } from '../state/folder.ts'
import type { ProcessKind } from '../state/records.ts'
import { SENTINEL_FILE } from '../state/sentinel-files.ts'
import { redisAddress, sentinelAddress, type Topology } from '../topology/topology.ts'
import type { ProcessPlan } from './managed-process.ts'

/** Where the programs of a data centre are. */
export interface Programs {
  redisServer: string
  haproxy: string
  /** Null where it is not needed. */
  stunnel: string | null
  /** The command that becomes a gateway when `--config FILE` is added. */
  gateway: readonly string[]
}

/** The file in the folder of its process with which each kind of process is configured. */
export const CONFIG_FILES: Record<ProcessKind, string> = {
  redis: 'redis.conf',
  sentinel: SENTINEL_FILE,
  gateway: 'gateway.json',
  balancer: 'haproxy.cfg',
  stunnel: 'stunnel.conf',
}

/** The file of each Redis' users, beside its configuration. */
export const ACL_FILE = 'users.acl'

/** Every process of the data centre. No argument holds a secret: those are in the files. INV-LOCAL-6. */
export function planProcesses(topology: Topology, folder: StateFolder, programs: Programs): ProcessPlan[] {
  const [gatewayCommand = '', ...gatewayArgs] = programs.gateway
  const plan = (
    kind: ProcessKind,
    name: string,
    address: { host: string; port: number },
    command: string,
    argsFor: (file: string) => string[],
  ): ProcessPlan => ({
    kind,
    name,
    ...address,
    command,
    args: argsFor(join(folder.of(name), CONFIG_FILES[kind])),
    logFile: folder.logOf(name),
  })
  const { stunnel } = programs
  return [
    ...(stunnel === null ? [] : topology.dataHosts).map((host, index) =>
      plan('stunnel', `stunnel-${index + 1}`, redisAddress(host), stunnel ?? '', (file) => [file]),
    ),
    ...topology.dataHosts.map((host, index) =>
      plan('redis', `redis-${index + 1}`, redisAddress(host), programs.redisServer, (file) => [file]),
    ),
    ...topology.dataHosts.map((host, index) =>
      plan('sentinel', `sentinel-${index + 1}`, sentinelAddress(host), programs.redisServer, (file) => [
        file,
        '--sentinel',
      ]),
    ),
    ...topology.gateways.map((address, index) =>
      plan('gateway', `gateway-${index + 1}`, address, gatewayCommand, (file) => [
        ...gatewayArgs,
        '--config',
        file,
      ]),
    ),
    plan('balancer', 'balancer', topology.balancer, programs.haproxy, (file) => ['-db', '-f', file]),
  ]
}
