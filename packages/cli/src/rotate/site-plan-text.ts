import type { SitePlan } from '@holdfast/cluster'
import { paint } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'

/** How the hosts of a site take new certificates: which files go where, and the commands, in order. */
export function sitePlanText({ hosts, define }: SitePlan, site: string): string {
  const dataCentres = [...new Set(hosts.map(({ dataCentre }) => dataCentre))]
  return [
    title('1. Here: issue them, and render'),
    ...dataCentres.map((name) => command(`holdfast ca renew --name ${name} --within 398`)),
    command(`holdfast render ${site} --out rendered`),
    '',
    title('2. On every host, in any order: put the files there (the key for root:holdfast-tls, mode 0640)'),
    table(
      hosts.flatMap(({ host, files }) =>
        files.map(({ from, to, isSecret }) => [
          paint.strong(host),
          `rendered/${from}`,
          paint.faint(`-> ${to}`),
          isSecret ? paint.warning('secret') : '',
        ]),
      ),
      { indent: 4 },
    ),
    '',
    title('3. Then one host after the other'),
    ...(define === null ? [] : [command(define)]),
    ...hosts.flatMap(({ host, steps }) => [
      `    ${paint.strong(host)}`,
      ...steps.flatMap(({ why, command: text }) => [
        `      ${paint.faint(`# ${why}`)}`,
        `      ${paint.accent(text)}`,
      ]),
    ]),
    '',
    paint.faint('  Nothing was changed.'),
  ].join('\n')
}

const title = (text: string) => `  ${paint.strong(text)}`
const command = (text: string) => `    ${paint.accent(text)}`
