import { type CommandSpec, oneOf, wholeNumber } from '../../command-line/command-spec.ts'
import type { ProxyCommandOptions } from './run.ts'

export const proxy: CommandSpec<ProxyCommandOptions> = {
  name: 'proxy',
  summary: 'Run a Redis proxy for unmodified clients until SIGTERM',
  options: [
    { flags: '--env-file <file>', summary: 'A rendered holdfast.env; default: the environment' },
    { flags: '--listen <address>', summary: 'Address and port for clients; default 127.0.0.1:6380' },
    { flags: '--socket <file>', summary: 'A Unix socket for clients, instead of an address' },
    {
      flags: '--sentinel-listen <address>',
      summary: 'Address and port for clients that ask Sentinels; the answer is the proxy',
    },
    {
      flags: '--tls-listen <address>',
      summary: 'Address and port for clients with TLS, also on other hosts',
    },
    { flags: '--tls-cert <file>', summary: 'The certificate for --tls-listen, with its chain, as PEM' },
    { flags: '--tls-key <file>', summary: 'The key of --tls-cert, as PEM' },
    {
      flags: '--metrics-listen <address>',
      summary: 'Address and port for /metrics, /healthz and /readyz',
    },
    {
      flags: '--reads <which>',
      summary: 'leased (default): at most --lease old; confirmed: as strict as writes',
      parse: oneOf('leased', 'confirmed'),
    },
    {
      flags: '--lease <ms>',
      summary: 'How long a deposed primary may answer reads; default 1000',
      parse: wholeNumber(100, 60_000),
    },
    {
      flags: '--hold <ms>',
      summary: 'How long a command waits for a failover; default 30000',
      parse: wholeNumber(100, 600_000),
    },
    {
      flags: '--when-replica-missing <what>',
      summary: 'acknowledge (default) or hold, once the journal is full',
      parse: oneOf('acknowledge', 'hold'),
    },
  ],
  notes: [
    'Clients log in as a user of Redis, whose rules must include those of docs/proxy.md. The ports without TLS are for clients on the same host.',
  ],
  examples: ['holdfast proxy --env-file /etc/holdfast/holdfast.env --listen 127.0.0.1:6380'],
  load: async () => (await import('./run.ts')).proxy,
}
