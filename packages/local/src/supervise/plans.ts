import { join } from 'node:path'
import { type LocalPlan, proxySentinelAddress } from '@holdfast/site/topology/local-plan'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { formatAddress } from '@holdfast/tokens/redis'
import type { StateFolder } from '../state/folder.ts'
import type { ProcessKind } from '../state/records.ts'
import { SENTINEL_FILE } from '../state/sentinel-files.ts'
import type { ProcessPlan } from './managed-process.ts'

/** The programs of a data centre. */
export interface Programs {
  redisServer: string
  haproxy: string
  /** Null when the transport does not need it. */
  stunnel: string | null
  /** The command that starts a gateway when `--config FILE` is appended. */
  gateway: readonly string[]
  /** The command that starts the proxy when `--env-file FILE --listen ADDRESS --sentinel-listen ADDRESS` is appended. */
  proxy: readonly string[]
}

/** The configuration file of each kind of process, in the folder of the process. */
export const CONFIG_FILES: Record<ProcessKind, string> = {
  redis: 'redis.conf',
  sentinel: SENTINEL_FILE,
  gateway: 'gateway.json',
  proxy: 'proxy.env',
  balancer: 'haproxy.cfg',
  stunnel: 'stunnel.conf',
}

/** The ACL file of each Redis, in the folder of the process. */
export const ACL_FILE = 'users.acl'

/**
 * Plans every process of the data centre. No argument holds a secret: secrets are only in files.
 * INV-LOCAL-6.
 */
export function planProcesses(
  { addresses }: LocalPlan,
  folder: StateFolder,
  programs: Programs,
): ProcessPlan[] {
  const [gatewayCommand = '', ...gatewayArgs] = programs.gateway
  const [proxyCommand = '', ...proxyArgs] = programs.proxy
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
    ...(stunnel === null ? [] : addresses.dataHosts).map((host, index) =>
      plan('stunnel', `stunnel-${index + 1}`, redisAddress(host), stunnel ?? '', (file) => [file]),
    ),
    ...addresses.dataHosts.map((host, index) =>
      plan('redis', `redis-${index + 1}`, redisAddress(host), programs.redisServer, (file) => [file]),
    ),
    ...addresses.dataHosts.map((host, index) =>
      plan('sentinel', `sentinel-${index + 1}`, sentinelAddress(host), programs.redisServer, (file) => [
        file,
        '--sentinel',
      ]),
    ),
    ...addresses.gateways.map((address, index) =>
      plan('gateway', `gateway-${index + 1}`, address, gatewayCommand, (file) => [
        ...gatewayArgs,
        '--config',
        file,
      ]),
    ),
    plan('proxy', 'proxy', addresses.proxy, proxyCommand, (file) => [
      ...proxyArgs,
      '--env-file',
      file,
      '--listen',
      formatAddress(addresses.proxy),
      '--sentinel-listen',
      formatAddress(proxySentinelAddress(addresses)),
    ]),
    plan('balancer', 'balancer', addresses.balancer, programs.haproxy, (file) => ['-db', '-f', file]),
  ]
}
