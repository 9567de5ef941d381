import { certifiedHosts } from '../../../render/host-certificate.ts'
import { configFile, TLS_FILES } from '../../../render/host-paths.ts'
import type { DataCentre, Host, Site } from '../../../site/site.ts'
import { GATEWAY_STEP, type HostDelivery } from '../host-delivery.ts'

/** The three files of a host's certificate: below the folder of what is rendered, and on the host. Pure. */
export const certificateFilesOf = (dataCentre: DataCentre, host: Host) =>
  Object.values(TLS_FILES).map((to) => ({
    from: `${dataCentre.name}/${host.name}/tls/${to.split('/').at(-1)}`,
    to,
    isSecret: to === TLS_FILES.key,
  }))

/** What only a host itself can do, by what runs on it. */
export const OWN_STEPS = {
  redis: {
    why: 'the watchdog reads its files when it starts',
    command: 'systemctl restart holdfast-watchdog',
  },
  application: {
    why: 'the application must read its files again',
    command: 'store.renew({ tls }), or a restart of it',
  },
} as const

/**
 * Which hosts are given new certificates as files, and what each does then itself: Redis and Sentinels are told over the
 * network. A gateway shows by the revision in its file that it has taken both. Pure.
 */
export function hostCertificates(site: Site, dataCentre: DataCentre): HostDelivery[] {
  return certifiedHosts(site, dataCentre).map(({ host }) => {
    const gateway = { from: `${dataCentre.name}/${host.name}/gateway.json`, to: configFile('gateway.json') }
    return {
      host: host.name,
      files: [
        ...certificateFilesOf(dataCentre, host).map(({ from, to }) => ({ from, to })),
        ...(host.runs.includes('gateway') ? [gateway] : []),
      ],
      steps: [
        ...(host.runs.includes('redis') ? [OWN_STEPS.redis] : []),
        ...(host.runs.includes('gateway') ? [GATEWAY_STEP] : []),
        ...(host.runs.includes('application') ? [OWN_STEPS.application] : []),
      ],
    }
  })
}
