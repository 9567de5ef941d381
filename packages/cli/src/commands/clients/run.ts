import { resolve } from 'node:path'
import { addClient, createClient } from '@holdfast/gateway/files'
import { auditChange } from '@holdfast/operations/sessions/audit-log'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { paint } from '../../terminal/paint.ts'

export type Right = 'introspect' | 'revoke'

export interface ClientsOptions {
  may?: Right[]
  config?: string
  json?: boolean
}

/** Creates a client and prints its secret. Throws what `createClient` and `addClient` throw. */
export async function clientsAdd(options: ClientsOptions, name: string): Promise<ExitCode> {
  const { secret, entry } = createClient(name, options.may ?? ['introspect'])
  const file = options.config === undefined ? null : resolve(options.config)
  if (file !== null) await addClient(file, entry)
  try {
    if (file !== null) {
      const { may } = entry
      await auditChange(`${file}.audit.jsonl`, { event: 'client-added', client: name, may, file })
    }
  } finally {
    // Also if the audit log cannot be written: the secret is stored nowhere else.
    print(options, name, { secret, entry, file })
  }
  return EXIT.ok
}

function print(
  options: ClientsOptions,
  name: string,
  { secret, entry, file }: ReturnType<typeof createClient> & { file: string | null },
): void {
  if (options.json) {
    console.log(JSON.stringify({ secret, entry, file }))
    return
  }
  console.log(`Secret of ${name}, shown only once:  ${paint.strong(secret)}`)
  console.log(
    file === null
      ? 'Add this to `oauth.clients` in the configuration of every gateway:'
      : `Added to ${file}. Add this to \`oauth.clients\` of every other gateway:`,
  )
  console.log(`  ${JSON.stringify(entry)}`)
}
