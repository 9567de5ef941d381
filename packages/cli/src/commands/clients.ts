import { type CommandSpec, list, oneOf } from '../command.ts'
import type { ClientsOptions, Right } from '../handlers/clients.ts'
import { JSON_OPTION } from './locate.ts'

const right = oneOf<Right>('introspect', 'revoke')

export const clientsAdd: CommandSpec<ClientsOptions> = {
  name: 'clients add',
  summary: 'make a client that may ask gateways about tokens (RFC 7662, RFC 7009); prints its secret once',
  argument: { name: 'client', summary: 'the name that it authenticates with' },
  options: [
    {
      flags: '--may <rights>',
      summary: 'what it may do: introspect, revoke, or both with a comma (default: introspect)',
      parse: (text) => list(text).map(right),
    },
    { flags: '--config <file>', summary: "also write it into this gateway's configuration" },
    JSON_OPTION,
  ],
  notes: [
    'Every gateway needs the same entry, and takes it within a second; the first one needs a restart.',
    'Where `holdfast render` writes the configuration, put the entry under gateway.oauth.clients of holdfast.yaml instead.',
  ],
  load: async () => (await import('../handlers/clients.ts')).clientsAdd,
}
