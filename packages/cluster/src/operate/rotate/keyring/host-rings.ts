import { configFile } from '../../../render/host-paths.ts'
import type { DataCentre, Host } from '../../../site/site.ts'
import type { HostDelivery } from '../host-delivery.ts'

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

function usesOf({ runs }: Host): { file: string; why: string; command: string }[] {
  return [
    ...(runs.includes('gateway')
      ? [
          {
            file: 'gateway.json',
            why: 'the gateway takes it without a restart: its log says `config-taken`',
            command: 'systemctl reload holdfast-gateway',
          },
        ]
      : []),
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
