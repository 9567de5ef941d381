import { resolve } from 'node:path'
import type { MissingCertificate } from '@holdfast/operations/data-centre/site-certificates'
import { explainFile } from '@holdfast/site/render/explain-file'
import type { RenderedFile } from '@holdfast/site/render/render-site'
import { plural } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'

/** The files as a tree: data centres, their hosts, the files and where to install them. */
export function renderedTree(files: readonly RenderedFile[], folder: string): string {
  const rows: string[][] = []
  for (const [dataCentre, ofDataCentre] of Map.groupBy(files, (file) => file.dataCentre)) {
    rows.push([`  ${paint.strong(dataCentre)}`])
    for (const [host, ofHost] of Map.groupBy(ofDataCentre, (file) => file.host)) {
      rows.push([`    ${paint.strong(host)}`])
      for (const [index, file] of ofHost.entries()) rows.push(fileRow(file, index === ofHost.length - 1))
    }
  }
  const secrets = files.filter(({ isSecret }) => isSecret).length
  return [
    paint.strong(folder),
    table(rows, { indent: 0 }),
    '',
    `${plural(files.length, 'file')}, ${secrets} of them with secrets (mode 0600). No host was changed.`,
  ].join('\n')
}

function fileRow({ path, installAt, isSecret }: RenderedFile, isLast: boolean): string[] {
  const name = path.split('/').slice(2).join('/')
  const target = installAt === null ? '' : paint.faint(`-> ${installAt}`)
  return [`    ${paint.faint(isLast ? '└─' : '├─')} ${name}`, target, isSecret ? paint.warning('secret') : '']
}

/** The reason for each directive of each file. Without secrets. */
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

/** The hosts without a usable certificate, and the commands that issue certificates into this folder. */
export function missingCertificatesText(missing: readonly MissingCertificate[], folder: string): string {
  const where = folder === 'certificates' ? [] : ['--certificates', folder]
  const commands = missing.map(({ dataCentre, host, address }) =>
    [
      ...['holdfast ca issue', host, '--name', dataCentre],
      ...(address === null ? [] : ['--addresses', address]),
      ...where,
    ].join(' '),
  )
  return [
    '',
    paint.warning(`${plural(missing.length, 'host')} without a usable certificate in ${resolve(folder)}:`),
    table(missing.map(({ dataCentre, host, problem }) => [dataCentre, paint.strong(host), problem])),
    '',
    'Issue the certificates, then render again. A data centre without an authority needs `holdfast ca create` first.',
    ...commands.map((command) => `  ${paint.accent(command)}`),
  ].join('\n')
}
