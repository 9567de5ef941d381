import { configFile } from '../../../render/host-paths.ts'
import type { DataCentre, Host } from '../../../site/site.ts'
import { GATEWAY_STEP, type HostDelivery, type HostStep } from '../host-delivery.ts'
import { type PasswordName, passwordUser } from './users.ts'

/**
 * Which hosts hold which of these passwords in files, and how they take new ones. Redis and Sentinel themselves are told
 * over the network and write their own files; what they were seeded with matters again when a state folder is lost. Pure.
 */
export function hostPasswords(dataCentre: DataCentre, users: readonly PasswordName[]): HostDelivery[] {
  return dataCentre.hosts.flatMap((host) => {
    const uses = usesOf(host, users)
    if (uses.length === 0) return []
    const names = uses.flatMap(({ files }) => files)
    return {
      host: host.name,
      files: names.map((name) => ({
        from: `${dataCentre.name}/${host.name}/${name}`,
        to: name.includes('/') ? 'its own configuration' : configFile(name),
      })),
      steps: uses.flatMap(({ step }) => (step === null ? [] : [step])),
    }
  })
}

/** Whether something is done there before the old passwords can go: what a host is only seeded with can wait. */
export const isForHands = (hosts: readonly HostDelivery[]): boolean =>
  hosts.some(({ steps }) => steps.length > 0)

interface Use {
  files: string[]
  step: HostStep | null
}

function usesOf({ runs }: Host, users: readonly PasswordName[]): Use[] {
  const has = (...names: PasswordName[]) => names.some((name) => users.includes(name))
  const isOn = (kind: 'redis' | 'sentinel') => users.some((user) => passwordUser(user)[kind] !== null)
  const uses: [isConcerned: boolean, use: Use][] = [
    [
      runs.includes('redis') && has('admin', 'sentinelAdmin'),
      {
        files: ['host.json'],
        step: {
          why: 'the watchdog reads its passwords when it starts; no Redis and no Sentinel is restarted',
          command: 'systemctl restart holdfast-watchdog',
        },
      },
    ],
    [runs.includes('redis') && isOn('redis'), { files: ['redis.conf', 'users.acl'], step: null }],
    [
      runs.includes('sentinel') && (isOn('sentinel') || has('sentinel')),
      { files: ['sentinel.conf'], step: null },
    ],
    [runs.includes('gateway') && has('app', 'sentinelApp'), { files: ['gateway.json'], step: GATEWAY_STEP }],
    [
      runs.includes('application') && has('app', 'sentinelApp'),
      {
        files: ['holdfast.env'],
        step: { why: 'the application must take them', command: 'store.renew(), or a restart of it' },
      },
    ],
    [
      runs.includes('application') && has('platform'),
      {
        files: ['itential/platform.properties'],
        step: { why: "Itential's platform reads them when it starts", command: 'a restart of the platform' },
      },
    ],
  ]
  return uses.flatMap(([isConcerned, use]) => (isConcerned ? [use] : []))
}
