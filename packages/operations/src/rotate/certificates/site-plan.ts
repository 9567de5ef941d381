import type { DataCentre, Host, Site } from '@holdfast/site/file/site'
import { certifiedHosts } from '@holdfast/site/render/host-certificate'
import { TLS_FILES } from '@holdfast/site/render/host-paths'
import { tokenAddress } from '@holdfast/site/render/placement'
import { PORT } from '@holdfast/site/topology/topology'
import { CERTIFICATE_STEPS_ON_HOST, certificateFilesOf } from '../host-files.ts'

/** How the hosts of a site take new certificates. */
export interface SitePlan {
  /** A line of shell that the commands need; null when they need none. */
  define: string | null
  hosts: HostPlan[]
}

/** How one host of a rendered site takes its new certificate. */
interface HostPlan {
  dataCentre: string
  host: string
  /** Below the folder that `holdfast render --out` wrote, and where that goes on the host; nothing of them is text. */
  files: { from: string; to: string; isSecret: boolean }[]
  /** What is done there then, in this order. */
  steps: { why: string; command: string }[]
}

/**
 * How the hosts of a site take new certificates of the same authority while all of them work. First every host gets its
 * files, in any order: old and new ones accept each other. Then come the steps, one host after the other. Pure; no host
 * with another transport than `tls` or `stunnel`.
 */
export function planSiteCertificates(site: Site): SitePlan {
  const hosts = site.dataCentres.flatMap((dataCentre) =>
    certifiedHosts(site, dataCentre).map(({ host }) => ({
      dataCentre: dataCentre.name,
      host: host.name,
      files: certificateFilesOf(dataCentre, host),
      steps: stepsOf(site, dataCentre, host),
    })),
  )
  return { define: site.transport === 'tls' ? AS_ADMIN : null, hosts }
}

const { authority, certificate, key } = TLS_FILES

/** How a command-line client logs in to Redis and Sentinel; it asks for the password. */
const AS_ADMIN = `TLS='--user admin --askpass --tls --cacert ${authority} --cert ${certificate} --key ${key}'`

function stepsOf(site: Site, dataCentre: DataCentre, host: Host): HostPlan['steps'] {
  if (site.transport === 'stunnel') {
    return [
      {
        why: 'stunnel reads its certificate again; no connection ends',
        command: 'systemctl kill --signal=HUP holdfast-stunnel',
      },
    ]
  }
  const { runs } = host
  const ask = (port: number) => `${site.engine.name}-cli -h ${tokenAddress(site, host)} -p ${port} $TLS`
  const quorum = (why: string) => ({
    why,
    command: `${ask(PORT.sentinel)} SENTINEL CKQUORUM ${dataCentre.primaryName}`,
  })
  return [
    ...(runs.includes('redis')
      ? [
          {
            why: 'Redis reads both files again; no connection ends',
            command: `${ask(PORT.redis)} CONFIG SET tls-cert-file ${certificate} tls-key-file ${key}`,
          },
          CERTIFICATE_STEPS_ON_HOST.redis,
        ]
      : []),
    ...(runs.includes('sentinel')
      ? [
          quorum('it must say OK, with every Sentinel usable'),
          {
            why: 'a Sentinel reads its certificate when it starts, so one at a time',
            command: 'systemctl restart holdfast-sentinel',
          },
          quorum('and OK again, with every Sentinel usable, before the next host'),
        ]
      : []),
    ...(runs.includes('gateway')
      ? [
          {
            why: 'the gateway loads new files without a command: its log then contains `config-taken`',
            command: 'journalctl -u holdfast-gateway -n 5',
          },
        ]
      : []),
    ...(runs.includes('application') ? [CERTIFICATE_STEPS_ON_HOST.application] : []),
    ...(runs.includes('proxy') ? [CERTIFICATE_STEPS_ON_HOST.proxy] : []),
  ]
}
