import { explainFile, type RenderedFile } from '@holdfast/cluster'
import { plural } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'

/** The files as a tree: a data centre, its hosts, their files and where these are put on the host. */
export function renderedTree(files: readonly RenderedFile[], folder: string): string {
  const rows: string[][] = []
  for (const [dataCentre, ofDataCentre] of grouped(files, (file) => file.dataCentre)) {
    rows.push([`  ${paint.strong(dataCentre)}`])
    for (const [host, ofHost] of grouped(ofDataCentre, (file) => file.host)) {
      rows.push([`    ${paint.strong(host)}`])
      for (const [index, file] of ofHost.entries()) rows.push(fileRow(file, index === ofHost.length - 1))
    }
  }
  const secrets = files.filter(({ isSecret }) => isSecret).length
  return [
    paint.strong(folder),
    table(rows, { indent: 0 }),
    '',
    `${plural(files.length, 'file')}, ${secrets} of them with secrets (mode 0600). Nothing was put on a host.`,
  ].join('\n')
}

function fileRow({ path, installAt, isSecret }: RenderedFile, isLast: boolean): string[] {
  const name = path.split('/').slice(2).join('/')
  const place = installAt === null ? '' : paint.faint(`-> ${installAt}`)
  return [`    ${paint.faint(isLast ? '└─' : '├─')} ${name}`, place, isSecret ? paint.warning('secret') : '']
}

/** Why each directive of each file is there. Without secrets. */
export function explanationText(files: readonly RenderedFile[]): string {
  return files.map(explanationOf).join('\n\n')
}

function explanationOf({ path, document }: RenderedFile): string {
  const heading = document.heading === '' ? [] : [paint.faint(document.heading)]
  let part: string | null = null
  const lines = explainFile(document).flatMap((explained) => {
    const { directive, value, why, source, since } = explained
    const title = explained.part !== part && explained.part !== '' ? ['', `  ${explained.part}`] : []
    part = explained.part
    const from = since === null ? source : `${source}; since ${since}`
    return [
      ...title,
      `    ${paint.accent(`${directive} ${value}`.trim())}`,
      `      ${why} ${paint.faint(`(${from})`)}`,
    ]
  })
  return [paint.strong(path), ...heading, ...lines].join('\n')
}

function grouped(
  files: readonly RenderedFile[],
  keyOf: (file: RenderedFile) => string,
): Map<string, RenderedFile[]> {
  return Map.groupBy(files, keyOf)
}
