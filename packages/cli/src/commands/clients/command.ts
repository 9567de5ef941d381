import { type CommandSpec, list, oneOf } from '../../command-line/command-spec.ts'
import { JSON_OPTION } from '../../data-centre/options.ts'
import type { ClientsOptions, Right } from './run.ts'

const right = oneOf<Right>('introspect', 'revoke')

export const clientsAdd: CommandSpec<ClientsOptions> = {
  name: 'clients add',
  summary: 'Create an OAuth client and print its secret once',
  argument: { name: 'client', summary: 'Name that the client authenticates with' },
  options: [
    {
      flags: '--may <rights>',
      summary: 'introspect, revoke or introspect,revoke (default: introspect)',
      parse: (text) => list(text).map(right),
    },
    { flags: '--config <file>', summary: 'Also add it to this gateway configuration' },
    JSON_OPTION,
  ],
  notes: [
    'The client may introspect tokens (RFC 7662) or revoke them (RFC 7009). Every gateway needs the same entry. A gateway loads it within a second; only the first client needs a restart.',
    'If `holdfast render` writes the configuration, add the entry under gateway.oauth.clients of holdfast.yaml instead.',
  ],
  examples: ['holdfast clients add billing --may introspect,revoke'],
  load: async () => (await import('./run.ts')).clientsAdd,
}
