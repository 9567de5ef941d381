import { configFile } from '../../../render/host-paths.ts'
import type { DataCentre, Host } from '../../../site/site.ts'
import { GATEWAY_STEP, type HostDelivery, type HostStep } from '../host-delivery.ts'

/** Which hosts hold the key ring in files, and how they take another one. Pure. */
export function hostRings(dataCentre: DataCentre): HostDelivery[] {
  return dataCentre.hosts.flatMap((host) => {
    const uses = usesOf(host)
    if (uses.length === 0) return []
    return {
      host: host.name,
      files: uses.map(({ file }) => ({
        from: `${dataCentre.name}/${host.name}/${file}`,
        to: configFile(file),
      })),
      steps: uses.map(({ why, command }) => ({ why, command })),
    }
  })
}

function usesOf({ runs }: Host): (HostStep & { file: string })[] {
  return [
    ...(runs.includes('gateway') ? [{ file: 'gateway.json', ...GATEWAY_STEP }] : []),
    ...(runs.includes('application')
      ? [
          {
            file: 'holdfast.env',
            why: 'the application must take it, each time before you go on',
            command: 'store.renew({ keyring }), or a restart of it',
          },
        ]
      : []),
  ]
}
