import { resolve } from 'node:path'
import type { MissingCertificate } from '@holdfast/cluster'
import { plural } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'

/** Which hosts have no certificate that fits, and the commands that issue them into this folder. */
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
    paint.warning(
      `${plural(missing.length, 'host')} without a certificate that fits, in ${resolve(folder)}:`,
    ),
    table(missing.map(({ dataCentre, host, problem }) => [dataCentre, paint.strong(host), problem])),
    '',
    'Issue them, then render again (a data centre without an authority needs `holdfast ca create` first):',
    ...commands.map((command) => `  ${paint.accent(command)}`),
  ].join('\n')
}
