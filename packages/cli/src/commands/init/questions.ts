import { checkSiteText } from '@holdfast/site/check/check-site'
import { ENGINES, TRANSPORTS } from '@holdfast/site/file/choices'
import { composeSite, type NewDataCentre, type NewSite } from '@holdfast/site/file/compose'
import { list, oneOf, UsageError } from '../../command-line/command-spec.ts'
import { type Questions, startQuestions } from '../../command-line/prompt.ts'
import { SITE_FILE } from '../../data-centre/options.ts'
import { paint } from '../../terminal/paint.ts'
import { DEFAULTS, type InitOptions } from './options.ts'

/** Asks at the terminal for what the options leave open. Throws `UsageError` without a terminal. */
export async function askForSite(options: InitOptions): Promise<NewSite> {
  if (!process.stdin.isTTY) {
    throw new UsageError('There is no terminal to ask at: give --hosts and --applications')
  }
  using questions = startQuestions()
  const engine =
    options.engine ??
    (await questions.ask(
      `Which engine stores the tokens? ${ENGINES.join(', ')}`,
      DEFAULTS.engine,
      oneOf(...ENGINES),
    ))
  const transport =
    options.transport ??
    (await questions.ask(
      `What protects the traffic? ${TRANSPORTS.join(', ')}`,
      DEFAULTS.transport,
      oneOf(...TRANSPORTS),
    ))
  const plainBecause =
    options.plainBecause ??
    (transport === 'plain'
      ? await questions.ask('Why is unencrypted traffic acceptable?', '', nonEmpty)
      : undefined)
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

/** Asks for the next data centre until it passes every rule. Returns null if the user adds no more. */
async function askDataCentre(
  questions: Questions,
  site: NewSite,
  options: InitOptions,
): Promise<NewDataCentre | null> {
  const isFirst = site.dataCentres.length === 0
  for (;;) {
    const name = isFirst
      ? await questions.ask('Name of the data centre?', options.dataCentre ?? DEFAULTS.dataCentre, nonEmpty)
      : await questions.ask('Name of another data centre? Empty to finish.', '', (text) => text)
    if (name === '') return null
    const dataHosts = await questions.ask(
      `Addresses of the three Redis and Sentinel hosts in ${name}?`,
      '',
      list,
    )
    const applications = await questions.ask('Addresses of the servers that use the tokens?', '', list)
    const next = { name, dataHosts, applications }
    const text = composeSite({ ...site, dataCentres: [...site.dataCentres, next] })
    const { findings } = await checkSiteText(text, SITE_FILE)
    const errors = findings.filter(({ severity }) => severity === 'error')
    if (errors.length === 0) return next
    for (const { message } of errors) questions.say(`  ${paint.bad('!')} ${message}`)
  }
}

function nonEmpty(text: string): string {
  if (text === '') throw new UsageError('must not be empty')
  return text
}
