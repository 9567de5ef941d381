import type { Secrets } from '../secrets/secrets.ts'
import { type DataHost, QUORUM, redisAddress, type Topology } from '../topology/topology.ts'
import { quoted } from './quoted.ts'
import { renderSentinelUsers } from './users-acl.ts'

/**
 * `sentinel.conf` of one data host. It seeds the host once: the Sentinel rewrites it with its id, its epochs,
 * whom it knows and who is primary. Sentinel needs the passwords that it sends in clear: mode 0600.
 */
export function renderSentinelConf(
  topology: Topology,
  dataHost: DataHost,
  secrets: Secrets,
  folder: string,
): string {
  const { primaryName, timings, dataHosts } = topology
  const primary = redisAddress(dataHosts[0] ?? dataHost)
  return `# Seeded once by Holdfast. Sentinel rewrites this file; change a live one with SENTINEL SET.
bind ${dataHost.host}
port ${dataHost.sentinelPort}
protected-mode yes
daemonize no
dir ${quoted(folder)}

${renderSentinelUsers(secrets)}
sentinel sentinel-user peer
sentinel sentinel-pass ${secrets.peer}
sentinel announce-ip ${dataHost.host}
sentinel announce-port ${dataHost.sentinelPort}
sentinel deny-scripts-reconfig yes

sentinel monitor ${primaryName} ${primary.host} ${primary.port} ${QUORUM}
sentinel auth-user ${primaryName} sentinel
sentinel auth-pass ${primaryName} ${secrets.sentinel}
sentinel down-after-milliseconds ${primaryName} ${timings.downAfterMs}
sentinel failover-timeout ${primaryName} ${timings.failoverTimeoutMs}
sentinel parallel-syncs ${primaryName} 1
sentinel master-reboot-down-after-period ${primaryName} 0
`
}
