/** The units of services, as opposed to the one that loads the firewall. */
export type ServiceName =
  `holdfast-${'redis' | 'sentinel' | 'watchdog' | 'gateway' | 'stunnel' | 'rotate-passwords' | 'rotate-certificates'}.service`

/**
 * How exposed `systemd-analyze security` of systemd 252 finds each service: 10 is wide open, 0 is sealed. Measured by
 * the test that feeds it the units. A gateway compiles its code, serves any browser, and
 * has a program of its own tell systemd how it is, hence its number.
 */
export const EXPOSURE: Readonly<Record<ServiceName, number>> = {
  'holdfast-redis.service': 1.1,
  'holdfast-sentinel.service': 1.1,
  'holdfast-watchdog.service': 1.1,
  'holdfast-gateway.service': 1.4,
  'holdfast-stunnel.service': 1.2,
  'holdfast-rotate-passwords.service': 1.3,
  'holdfast-rotate-certificates.service': 1.3,
}
