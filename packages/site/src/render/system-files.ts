import type { DataCentre, Host, Site } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type Document, type HostFile, line } from './document.ts'
import { firewalldPolicy } from './firewalld-policy.ts'
import { ini } from './formats.ts'
import { configFile, TUNNEL_INTERFACE } from './host-paths.ts'
import { needsFirewall, nftablesConf } from './nftables-conf.ts'
import { tokenHosts } from './placement.ts'
import { SOURCE } from './sources.ts'
import { stunnelConf } from './stunnel-conf.ts'
import { sysusers } from './systemd/sysusers.ts'
import { tmpfiles } from './systemd/tmpfiles.ts'
import { UNIT_FOLDER, unitsOf } from './systemd/units.ts'
import { wireguardConf, wireguardSetconf } from './wireguard-conf.ts'

/** Renders the system files of one host: tunnel, firewall, kernel settings, systemd units and their users. */
export function systemFiles(site: Site, dataCentre: DataCentre, host: Host, secrets: Secrets): HostFile[] {
  const hasFirewall = needsFirewall(site, dataCentre, host)
  const hasTunnel = tokenHosts(dataCentre).includes(host)
  const units = unitsOf(site, dataCentre, host, hasFirewall)
  const files: HostFile[] = []
  if (host.runs.includes('redis')) {
    const document = sysctlConf(host)
    files.push({ name: 'sysctl.conf', installAt: '/etc/sysctl.d/60-holdfast.conf', document })
  }
  if (hasTunnel && site.transport === 'stunnel') {
    const document = stunnelConf(site, dataCentre, host)
    files.push({ name: 'stunnel.conf', installAt: configFile('stunnel.conf'), document })
  }
  if (hasTunnel && site.transport === 'wireguard') {
    const name = `${TUNNEL_INTERFACE}.conf`
    files.push(
      {
        name: `wireguard/${name}`,
        installAt: `/etc/wireguard/${name}`,
        document: wireguardConf(site, dataCentre, host, secrets),
      },
      {
        name: `wireguard/${TUNNEL_INTERFACE}.setconf`,
        installAt: null,
        document: wireguardSetconf(site, dataCentre, host, secrets),
      },
    )
  }
  if (hasFirewall) {
    const document = nftablesConf(site, dataCentre, host)
    files.push({ name: 'nftables.conf', installAt: configFile('nftables.conf'), document })
    files.push({
      name: 'firewalld.xml',
      installAt: '/etc/firewalld/policies/holdfast.xml',
      document: firewalldPolicy(site, dataCentre, host),
    })
  }
  for (const { name, document } of units) {
    files.push({ name: `systemd/${name}`, installAt: `${UNIT_FOLDER}/${name}`, document })
  }
  if (units.length > 0) {
    const document = sysusers(units, site, host)
    files.push({ name: 'systemd/sysusers.conf', installAt: '/etc/sysusers.d/holdfast.conf', document })
    const readers = tmpfiles(site, host)
    if (readers !== null) {
      files.push({
        name: 'systemd/tmpfiles.conf',
        installAt: '/etc/tmpfiles.d/holdfast.conf',
        document: readers,
      })
    }
  }
  return files
}

/** The kernel settings of a host that runs Redis, for `sysctl`. */
function sysctlConf(host: Host): Document {
  return {
    heading: `Rendered by Holdfast for ${host.name}: change holdfast.yaml instead. Loaded at boot, and by: sysctl --system`,
    format: ini,
    blocks: [
      {
        title: '',
        directives: [
          line(
            'vm.overcommit_memory',
            '1',
            'Redis forks to rewrite its file. Without this setting, the kernel may refuse the fork when less than half of the memory is free, and Redis then rejects writes.',
            SOURCE.redisAdministration,
          ),
        ],
      },
    ],
  }
}
