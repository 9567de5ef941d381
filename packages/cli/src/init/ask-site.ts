import {
  checkSiteText,
  composeSite,
  ENGINES,
  type NewDataCentre,
  type NewSite,
  TRANSPORTS,
} from '@holdfast/cluster/site'
import { list, oneOf, UsageError } from '../command.ts'
import { paint } from '../terminal/paint.ts'
import { type Questions, startQuestions } from '../terminal/questions.ts'
import { DEFAULTS, type InitOptions } from './site-options.ts'

/** Asks a person at a terminal what the command line does not say. Throws `UsageError` without a terminal. */
export async function askForSite(options: InitOptions): Promise<NewSite> {
  if (!process.stdin.isTTY) {
    throw new UsageError('There is no terminal to ask at: give --hosts and --applications')
  }
  using questions = startQuestions()
  const engine =
    options.engine ??
    (await questions.ask(`What stores the tokens? ${ENGINES.join(', ')}`, DEFAULTS.engine, oneOf(...ENGINES)))
  const transport =
    options.transport ??
    (await questions.ask(
      `What protects the traffic? ${TRANSPORTS.join(', ')}`,
      DEFAULTS.transport,
      oneOf(...TRANSPORTS),
    ))
  const plainBecause =
    options.plainBecause ??
    (transport === 'plain' ? await questions.ask('Why may it be plain?', '', someText) : undefined)
  const site: NewSite = {
    engine,
    transport,
    ...(plainBecause === undefined ? {} : { plainBecause }),
    timings: options.timings ?? DEFAULTS.timings,
    dataCentres: [],
  }
  for (;;) {
    const next = await askDataCentre(questions, site, options)
    if (next === null) return site
    site.dataCentres.push(next)
  }
}

/** The next data centre, asked again until no rule objects; null when there are no more. */
async function askDataCentre(
  questions: Questions,
  site: NewSite,
  options: InitOptions,
): Promise<NewDataCentre | null> {
  const isFirst = site.dataCentres.length === 0
  for (;;) {
    const name = isFirst
      ? await questions.ask('Name of the data centre?', options.dataCentre ?? DEFAULTS.dataCentre, someText)
      : await questions.ask('Another data centre? Its name, or nothing.', '', (text) => text)
    if (name === '') return null
    const dataHosts = await questions.ask(
      `Addresses of the three hosts for Redis and Sentinel in ${name}?`,
      '',
      list,
    )
    const applications = await questions.ask('Addresses of the servers that use the tokens?', '', list)
    const next = { name, dataHosts, applications }
    const text = composeSite({ ...site, dataCentres: [...site.dataCentres, next] })
    const { findings } = await checkSiteText(text, 'holdfast.yaml')
    const errors = findings.filter(({ severity }) => severity === 'error')
    if (errors.length === 0) return next
    for (const { message } of errors) questions.say(`  ${paint.bad('!')} ${message}`)
  }
}

function someText(text: string): string {
  if (text === '') throw new UsageError('must not be empty')
  return text
}
