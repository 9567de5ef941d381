import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RULES } from '../packages/cluster/src/rules/rules.ts'

/** docs/rules.md is made from the rules themselves: `npm run docs`. */
export const RULES_PAGE = join(import.meta.dirname, '../docs/rules.md')

/** The text of docs/rules.md. */
export function rulesPage(): string {
  const rows = RULES.map(({ id, severity, summary }) => `| [\`${id}\`](#${id}) | ${severity} | ${summary} |`)
  const sections = RULES.map(({ id, severity, summary, why, fix, source }) =>
    [
      `## ${id}`,
      `**${severity}**: ${summary}`,
      why,
      `_What to do:_ ${fix}`,
      `_From:_ ${source.url === undefined ? source.title : `[${source.title}](${source.url})`}`,
    ].join('\n\n'),
  )
  return `${[
    '# The rules of `holdfast check`',
    'Made from the rules in `packages/cluster/src/rules` by `npm run docs`; change them there.',
    'An `error` must be mended: nothing is rendered from a file that has one. A `warning` should be mended, and fails with `--strict`. An `info` is worth knowing. `holdfast check --explain RULE` tells the same.',
    ['| Rule | Severity | What is wrong |', '| --- | --- | --- |', ...rows].join('\n'),
    ...sections,
  ].join('\n\n')}\n`
}

if (import.meta.main) {
  const text = rulesPage()
  const isStale = (await readFile(RULES_PAGE, 'utf8').catch(() => '')) !== text
  if (isStale) await writeFile(RULES_PAGE, text)
  console.log(`docs/rules.md ${isStale ? 'was written' : 'is up to date'}.`)
}
