import { createAdminToken } from '@holdfast/gateway/files'
import { EXIT, type ExitCode } from '../exit-codes.ts'

export type AdminTokenOptions = { json?: boolean }

/** Prints a new token of an administrator, and its hash. */
export async function adminToken({ json }: AdminTokenOptions): Promise<ExitCode> {
  const made = createAdminToken()
  console.log(
    json
      ? JSON.stringify(made)
      : `token        ${made.token}\ntokenSha256  ${made.tokenSha256}\n\nGive the token to its owner, and the hash to \`admin.administrators\` in the configuration of the gateways.`,
  )
  return EXIT.ok
}
