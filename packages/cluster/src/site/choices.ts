/** Engines that Holdfast renders for, as a site's file names them. */
export const ENGINES = [
  'redis 7.0',
  'redis 7.2',
  'redis 7.4',
  'redis 8.0',
  'valkey 8.0',
  'valkey 9.0',
] as const

/** What protects the traffic between hosts, as a site's file names it. */
export const TRANSPORTS = ['tls', 'stunnel', 'wireguard', 'plain'] as const
