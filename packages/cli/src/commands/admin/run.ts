import { createAdminToken } from '@holdfast/gateway/files'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'

export type AdminTokenOptions = { json?: boolean }

/** Prints a new administrator token and its hash. */
export async function adminToken({ json }: AdminTokenOptions): Promise<ExitCode> {
  const created = createAdminToken()
  console.log(
    json
      ? JSON.stringify(created)
      : [
          `token        ${created.token}`,
          `tokenSha256  ${created.tokenSha256}`,
          '',
          'Give the token to its owner. Add the hash to `admin.administrators` in the configuration of the gateways.',
        ].join('\n'),
  )
  return EXIT.ok
}
