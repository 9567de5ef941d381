import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ClusterError, systemCode } from '../errors.ts'
import { applyRules } from '../rules/apply.ts'
import type { PlacedSecrets } from '../rules/rule.ts'
import { seeSecrets } from '../secrets/load.ts'
import type { Finding } from '../site/finding.ts'
import type { JudgeGatewaySettings } from '../site/gateway-settings.ts'
import { MOST_BYTES, parseSite } from '../site/parse.ts'
import type { Site } from '../site/site.ts'

/** A site's file with all that is wrong with it, in the order of its lines. */
export interface CheckedSite {
  file: string
  text: string
  /** Null when the file has not the form of a site. */
  site: Site | null
  findings: Finding[]
}

export interface CheckOptions {
  /** Judges the settings of gateways; without it they are only looked at for what has no place there. */
  judgeGateway?: JudgeGatewaySettings
}

/**
 * Checks a `holdfast.yaml` by every rule, and the secrets that it names where they are on this machine.
 *
 * Throws `SITE_UNREADABLE` when there is no such file, or this user may not read it.
 */
export async function checkSiteFile(file: string, options: CheckOptions = {}): Promise<CheckedSite> {
  return checkSiteText(await readText(file), file, options)
}

/** Checks a text as if it were that file. */
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
 * The site that a file describes. Relative folders in it begin where the file is.
 *
 * Throws `SITE_UNREADABLE`, and `SITE_INVALID` with every finding whose severity is `error`.
 */
export async function loadSite(file: string, options: CheckOptions = {}): Promise<Site> {
  const { site, findings } = await checkSiteFile(file, options)
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (site !== null && errors.length === 0) return site
  const lines = errors.map(
    ({ line, column, rule, message }) => `${file}:${line}:${column} ${rule} ${message}`,
  )
  throw new ClusterError('SITE_INVALID', `${file} breaks rules; run \`holdfast check\`.\n${lines.join('\n')}`)
}

const seeAll = (site: Site, baseFolder: string): Promise<PlacedSecrets[]> =>
  Promise.all(
    site.dataCentres.map(async ({ name, secrets }) => ({
      dataCentre: name,
      seen: await seeSecrets(secrets, baseFolder),
    })),
  )

/** At most one byte more than is parsed, so that a device or a huge file ends. */
async function readText(file: string): Promise<string> {
  try {
    await using handle = await open(file)
    const buffer = Buffer.alloc(MOST_BYTES + 1)
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
  ENOENT: 'does not exist. Name another file, or make it with `holdfast init`.',
  EISDIR: 'is a folder. Name the file in it.',
  EACCES: 'cannot be read by this user.',
}
