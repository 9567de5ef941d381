/** The engines for which Holdfast renders, as `holdfast.yaml` spells them. */
export const ENGINES = [
  'redis 7.0',
  'redis 7.2',
  'redis 7.4',
  'redis 8.0',
  'valkey 8.0',
  'valkey 9.0',
] as const

/** The transports between hosts, as `holdfast.yaml` spells them. */
export const TRANSPORTS = ['tls', 'stunnel', 'wireguard', 'plain'] as const
