import { ClusterError } from '../errors.ts'
import type { DataCentre, Host, Site } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { PORT } from '../topology/topology.ts'
import { addressesOf } from './data-host-files.ts'
import type { HostFile } from './document.ts'
import { gatewayConfig } from './gateway-config.ts'
import { hostHaproxyCfg } from './haproxy-cfg.ts'
import type { HostCertificate } from './host-certificate.ts'
import { configFile, stateOf, TLS_FILES, WEB_CERTIFICATE } from './host-paths.ts'
import { accessOf, platformEnvironment, platformProperties, redisProps } from './itential.ts'
import { libraryEnvironment } from './library-env.ts'
import { nginxConf } from './nginx-conf.ts'
import { proxyFiles, proxyPorts } from './proxy-files.ts'
import { sitesBehind } from './web-servers.ts'

/** Renders the files of the applications, gateway, proxy and balancer of one host. */
export function clientFiles(
  site: Site,
  dataCentre: DataCentre,
  host: Host,
  secrets: Secrets,
  certificate: HostCertificate | null,
): HostFile[] {
  const { name, primaryName } = dataCentre
  const sentinels = addressesOf(site, dataCentre, 'sentinel')
  const tls = site.transport === 'tls' ? TLS_FILES : null
  const proxy = proxyPorts(site, host)
  const files: HostFile[] = []
  if (host.runs.includes('application')) {
    const access = accessOf(site, primaryName, { sentinels, proxy }, secrets, certificate)
    files.push(
      ...(site.profile === 'hardened'
        ? [
            {
              name: 'holdfast.env',
              installAt: configFile('holdfast.env'),
              document: libraryEnvironment(dataCentre, sentinels, tls, secrets),
            },
          ]
        : []),
      { name: 'itential/redisProps.json', installAt: null, document: redisProps(access) },
      { name: 'itential/platform.properties', installAt: null, document: platformProperties(access) },
      { name: 'itential/platform.env', installAt: null, document: platformEnvironment(access) },
    )
  }
  if (host.runs.includes('gateway')) {
    files.push({
      name: 'gateway.json',
      installAt: configFile('gateway.json'),
      document: gatewayConfig({
        name: host.name,
        dataCentre: name,
        primaryName,
        listen: { host: host.address, port: PORT.http },
        usersFile: `${stateOf('gateway')}/users.json`,
        trustedProxies: dataCentre.hosts.flatMap(({ address, runs }) =>
          runs.includes('balancer') ? [address] : [],
        ),
        secureCookies: true,
        passwordChecks: null,
        settings: site.gateway ?? {},
        sentinels,
        tls,
        secrets,
      }),
    })
  }
  if (proxy !== null) files.push(...proxyFiles(site, dataCentre, proxy, { sentinels, tls, secrets }))
  if (host.runs.includes('balancer')) {
    const sites = sitesBehind(dataCentre)
    if (sites.length === 0) {
      throw new ClusterError(
        'RENDER_REFUSED',
        `Host ${host.name} runs a balancer, but no host of ${name} runs an application or a gateway. Add the hosts behind the balancer, or remove it.`,
      )
    }
    files.push(
      {
        name: 'haproxy.cfg',
        installAt: '/etc/haproxy/haproxy.cfg',
        document: hostHaproxyCfg(sites, name, WEB_CERTIFICATE),
      },
      {
        name: 'nginx.conf',
        installAt: '/etc/nginx/nginx.conf',
        document: nginxConf(sites, dataCentre.name, WEB_CERTIFICATE),
      },
    )
  }
  return files
}
