import { relative } from 'node:path'
import { mistakesInSettings } from '@holdfast/gateway/settings'
import { type CheckedSite, checkSiteFile } from '@holdfast/site/check/check-site'
import { sarifOf } from '@holdfast/site/check/sarif'
import { version } from '@holdfast/site/version'
import { UsageError } from '../../command-line/command-spec.ts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { sizeOf } from '../../terminal/size.ts'
import { checkText, ruleText } from './text.ts'

export interface CheckOptions {
  explain?: string
  json?: boolean
  sarif?: boolean
  strict?: boolean
}

/** Checks a site and prints the findings. Throws `UsageError` and what `checkSiteFile` throws. */
export async function check(options: CheckOptions, file: string): Promise<ExitCode> {
  if (options.json && options.sarif) throw new UsageError('Give --json or --sarif, not both')
  const width = process.stdout.isTTY ? sizeOf(process.stdout).columns : null
  if (options.explain !== undefined) {
    console.log(ruleText(options.explain, width))
    return EXIT.ok
  }
  const checked = await checkSiteFile(file, { judgeGateway: mistakesInSettings })
  if (options.sarif) console.log(JSON.stringify(sarifOf(withRelativePath(checked), version())))
  else console.log(options.json ? JSON.stringify(toJson(checked)) : checkText(checked, width))
  return exitCodeOf(checked, options)
}

function exitCodeOf({ findings }: CheckedSite, { strict }: CheckOptions): ExitCode {
  const fails = findings.some(({ severity }) => severity === 'error' || (strict && severity === 'warning'))
  return fails ? EXIT.failed : EXIT.ok
}

function toJson({ file, findings }: CheckedSite) {
  return { file, ok: findings.every(({ severity }) => severity !== 'error'), findings }
}

/** SARIF names files relative to the working folder. */
const withRelativePath = (checked: CheckedSite): CheckedSite => ({
  ...checked,
  file: relative('', checked.file),
})
