import { relative } from 'node:path'
import { type CheckedSite, checkSiteFile, sarifOf } from '@holdfast/cluster/site'
import { mistakesInSettings } from '@holdfast/gateway/settings'
import { checkText, ruleText } from '../check/text.ts'
import { UsageError } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { version } from '../version.ts'

export const SITE_FILE = 'holdfast.yaml'

export interface CheckOptions {
  explain?: string
  json?: boolean
  sarif?: boolean
  strict?: boolean
}

/** Checks a site and prints the findings. Throws `UsageError` and what `checkSiteFile` throws. */
export async function check(options: CheckOptions, file: string): Promise<ExitCode> {
  if (options.json && options.sarif) throw new UsageError('Give one of --json and --sarif')
  const width = process.stdout.isTTY ? process.stdout.columns : null
  if (options.explain !== undefined) {
    console.log(ruleText(options.explain, width))
    return EXIT.ok
  }
  const checked = await checkSiteFile(file, { judgeGateway: mistakesInSettings })
  if (options.sarif) console.log(JSON.stringify(sarifOf(fromHere(checked), version())))
  else console.log(options.json ? JSON.stringify(reportOf(checked)) : checkText(checked, width))
  return exitCodeOf(checked, options)
}

function exitCodeOf({ findings }: CheckedSite, { strict }: CheckOptions): ExitCode {
  const fails = findings.some(({ severity }) => severity === 'error' || (strict && severity === 'warning'))
  return fails ? EXIT.failed : EXIT.ok
}

function reportOf({ file, findings }: CheckedSite) {
  return { file, ok: findings.every(({ severity }) => severity !== 'error'), findings }
}

/** SARIF names files relative to the folder of the whole. */
const fromHere = (checked: CheckedSite): CheckedSite => ({ ...checked, file: relative('', checked.file) })
