import type { NodeAddress } from '@holdfast/tokens/redis'
import { ClusterError } from '../errors.ts'
import {
  type DataCentre,
  type Host,
  hostsThatRun,
  plannedQuorum,
  priorityOf,
  type Service,
  type Site,
} from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { PORT } from '../topology/topology.ts'
import { documentedRedisConf, documentedSentinelConf } from './as-documented.ts'
import type { HostFile } from './document.ts'
import { hostConfig } from './host-config.ts'
import { configFile, serverProgram, stateOf, TLS_FILES } from './host-paths.ts'
import type { NodePlan } from './node-plan.ts'
import { bindAddresses, tokenAddress } from './placement.ts'
import { redisConf, redisPlan } from './redis-conf.ts'
import { sentinelConf, sentinelSettings } from './sentinel-conf.ts'
import { otherClients, usersAcl } from './users-acl.ts'

/** The addresses of each Redis or Sentinel of a data centre, in the order of the file. */
export const addressesOf = (
  site: Site,
  dataCentre: DataCentre,
  service: 'redis' | 'sentinel',
): NodeAddress[] => hostsThatRun(dataCentre, service).map((host) => addressOf(site, host, service))

const addressOf = (site: Site, host: Host, service: 'redis' | 'sentinel'): NodeAddress => ({
  host: tokenAddress(site, host),
  port: PORT[service],
})

/**
 * Renders the files of the Redis and the Sentinel of one host.
 *
 * Throws `RENDER_REFUSED` if the data centre has no Redis. Also throws it for the profile `as-documented` with TLS or
 * stunnel: the document has no directive for TLS, or for announcing an address, which stunnel needs.
 */
export function dataHostFiles(site: Site, dataCentre: DataCentre, host: Host, secrets: Secrets): HostFile[] {
  const [first] = hostsThatRun(dataCentre, 'redis')
  if (first === undefined) {
    throw new ClusterError(
      'RENDER_REFUSED',
      `No host of ${dataCentre.name} runs redis. Add three hosts with \`runs: [redis, sentinel]\`.`,
    )
  }
  const files = { site, dataCentre, host, secrets, primary: addressOf(site, first, 'redis') }
  const named = site.profile === 'as-documented' ? documentedFiles(files) : hardenedFiles(files)
  return named.map((file) => ({ ...file, installAt: configFile(file.name) }))
}

type NamedFile = Omit<HostFile, 'installAt'>

interface Files {
  site: Site
  dataCentre: DataCentre
  host: Host
  secrets: Secrets
  primary: NodeAddress
}

function hardenedFiles({ site, dataCentre, host, secrets, primary }: Files): NamedFile[] {
  const { engine, timings } = site
  const clients = otherClients(site, dataCentre)
  const tls = site.transport === 'tls' ? TLS_FILES : null
  const planFor = (service: 'redis' | 'sentinel'): NodePlan => ({
    engine,
    bind: bindAddresses(site, host),
    announce: addressOf(site, host, service),
    primary,
    tls,
    secrets,
  })
  const runs = (service: Service, files: () => NamedFile[]) => (host.runs.includes(service) ? files() : [])
  return [
    ...runs('redis', () => [
      {
        name: 'redis.conf',
        document: redisConf(
          redisPlan(site, host, planFor('redis'), {
            dataFolder: stateOf('redis'),
            aclFile: `${stateOf('redis')}/users.acl`,
          }),
        ),
      },
      { name: 'users.acl', document: usersAcl(secrets, engine, clients), isSecret: true },
      {
        name: 'host.json',
        document: hostConfig({
          dataCentre,
          self: addressOf(site, host, 'redis'),
          redis: addressesOf(site, dataCentre, 'redis'),
          sentinels: addressesOf(site, dataCentre, 'sentinel'),
          timings,
          priority: priorityOf(host),
          sentinel: host.runs.includes('sentinel') ? addressOf(site, host, 'sentinel') : null,
          stateFolder: stateOf('redis'),
          server: serverProgram(engine),
          tls,
          secrets,
        }),
      },
    ]),
    ...runs('sentinel', () => [
      {
        name: 'sentinel.conf',
        document: sentinelConf({
          ...planFor('sentinel'),
          ...sentinelSettings(site, dataCentre),
          folder: stateOf('sentinel'),
          servesPlatform: clients.platform !== 'none',
        }),
      },
    ]),
  ]
}

function documentedFiles({ site, dataCentre, host, secrets, primary }: Files): NamedFile[] {
  if (site.transport === 'tls' || site.transport === 'stunnel') {
    throw new ClusterError(
      'RENDER_REFUSED',
      `The profile "as-documented" does not support the transport "${site.transport}". Use "wireguard" or "plain", or the profile "hardened".`,
    )
  }
  const address = tokenAddress(site, host)
  const follows = address === primary.host ? null : primary
  return [
    ...(host.runs.includes('redis')
      ? [{ name: 'redis.conf', document: documentedRedisConf(address, follows, secrets) }]
      : []),
    ...(host.runs.includes('sentinel')
      ? [
          {
            name: 'sentinel.conf',
            document: documentedSentinelConf(
              address,
              dataCentre.primaryName,
              primary,
              site.timings,
              plannedQuorum(dataCentre),
              secrets,
            ),
          },
        ]
      : []),
  ]
}
