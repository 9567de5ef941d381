import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ClusterError, systemCode } from '../errors.ts'
import type { Finding } from '../file/finding.ts'
import type { JudgeGatewaySettings } from '../file/gateway-settings.ts'
import { MAX_BYTES, parseSite } from '../file/parse.ts'
import { holdsSecret } from '../file/secret-text.ts'
import { REDIS_SETTINGS, type Site } from '../file/site.ts'
import { applyRules } from '../rules/apply.ts'
import type { LocatedSecrets } from '../rules/rule.ts'
import { seeSecrets } from '../secrets/load.ts'

/** The file of a site, with all findings about it, ordered by line. */
export interface CheckedSite {
  file: string
  text: string
  /** Null if the file does not have the form of a site. */
  site: Site | null
  findings: Finding[]
}

export interface CheckOptions {
  /** Validates the settings of gateways. Without it, only misplaced settings are found. */
  judgeGateway?: JudgeGatewaySettings
}

/**
 * Checks a `holdfast.yaml` against every rule. Also checks the secrets that it names, if they are on this machine.
 *
 * Throws `SITE_UNREADABLE` if the file does not exist, or this user may not read it.
 */
export async function checkSiteFile(file: string, options: CheckOptions = {}): Promise<CheckedSite> {
  return checkSiteText(await readText(file), file, options)
}

/** Checks a text as if it were the content of that file. */
export async function checkSiteText(
  text: string,
  file: string,
  { judgeGateway }: CheckOptions = {},
): Promise<CheckedSite> {
  const parsed = parseSite(text)
  const secrets = parsed.site === null ? [] : await seeAll(parsed.site, dirname(resolve(file)))
  return { file, text, site: parsed.site, findings: applyRules(parsed, secrets, judgeGateway) }
}

/**
 * Loads the site that a file describes. Folders in it are relative to the file. Settings of Redis that the file does not
 * set have their defaults: a Redis that differs from the file is a finding of the doctor.
 *
 * Throws `SITE_UNREADABLE`, and `SITE_INVALID` with every finding of severity `error`.
 */
export async function loadSite(file: string, options: CheckOptions = {}): Promise<Site> {
  const { site, findings } = await checkSiteFile(file, options)
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (site !== null && errors.length === 0) return { ...site, redis: site.redis ?? REDIS_SETTINGS }
  const lines = errors.map(
    ({ line, column, rule, message }) => `${file}:${line}:${column} ${rule} ${message}`,
  )
  throw new ClusterError(
    'SITE_INVALID',
    `${file} has errors. Run \`holdfast check\` for the reasons and fixes.\n${lines.join('\n')}`,
  )
}

/** The line of a finding. Null if the line may contain a secret and must not be shown. INV-SITE-1. */
export function excerptOf({ text, findings }: CheckedSite, { line }: Finding): string | null {
  const source = text.split(/\r\n|[\r\n]/)[line - 1] ?? ''
  const isSecret = findings.some((other) => other.line === line && other.rule === 'secret-in-file')
  return isSecret || holdsSecret(source) || source.length > 200 ? null : source
}

const seeAll = (site: Site, baseFolder: string): Promise<LocatedSecrets[]> =>
  Promise.all(
    site.dataCentres.map(async ({ name, secrets }) => ({
      dataCentre: name,
      seen: await seeSecrets(secrets, baseFolder),
    })),
  )

/** Reads at most one byte more than is parsed, so that reading a device or a huge file ends. */
async function readText(file: string): Promise<string> {
  try {
    await using handle = await open(file)
    const buffer = Buffer.alloc(MAX_BYTES + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.toString('utf8', 0, length)
  } catch (cause) {
    throw new ClusterError(
      'SITE_UNREADABLE',
      `${file} ${REASONS[systemCode(cause)] ?? `cannot be read (${systemCode(cause)}).`}`,
      { cause },
    )
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist. Check the path, or create the file with `holdfast init`.',
  EISDIR: 'is a folder. Give the path of a file in it.',
  EACCES: 'cannot be read by this user. Check its permissions.',
}
