/** A sample in the Prometheus text format. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"'
const LINE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)$`,
)

/**
 * Parses the text format (version 0.0.4) as strictly as its specification allows, and makes the checks of `promtool check
 * metrics`: one HELP and TYPE before each family, each family in one piece, no repeated sample, counters that end in `_total`,
 * buckets that only grow and end in `+Inf`, equal to the count. Throws for anything else.
 */
export function parsePrometheus(text: string): { families: Map<string, string>; samples: Sample[] } {
  const families = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  let family = ''
  let helped = ''
  if (!text.endsWith('\n')) throw new Error('The last line does not end.')
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) \\S.*$`).exec(line)?.[1]
    const [, typed, type] = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line) ?? []
    if (help !== undefined) helped = help
    else if (typed !== undefined && type !== undefined) {
      if (typed !== helped) throw new Error(`${typed} has no HELP before its TYPE.`)
      if (families.has(typed)) throw new Error(`${typed} is there twice.`)
      if ((type === 'counter') !== typed.endsWith('_total')) throw new Error(`${typed} is a ${type}.`)
      families.set(typed, type)
      family = typed
    } else {
      const [, name = '', labelText = '', value = ''] = LINE.exec(line) ?? []
      const suffix = families.get(family) === 'histogram' ? /_(bucket|sum|count)$/ : /$/
      if (name === '' || name.replace(suffix, '') !== family)
        throw new Error(`This is no sample of ${family}: ${line}`)
      const key = `${name}{${labelText}}`
      if (seen.has(key)) throw new Error(`${key} is there twice.`)
      seen.add(key)
      const pairs = [...labelText.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)]
      const labels = Object.fromEntries(pairs.map(([, label = '', of = '']) => [label, of]))
      samples.push({ name, labels, value: Number(value.replace('Inf', 'Infinity')) })
    }
  }
  checkHistograms(families, samples)
  return { families, samples }
}

function checkHistograms(families: ReadonlyMap<string, string>, samples: readonly Sample[]): void {
  for (const [name] of [...families].filter(([, type]) => type === 'histogram')) {
    for (const { labels, value } of samples.filter((sample) => sample.name === `${name}_count`)) {
      const isSame = (sample: Sample) =>
        Object.entries(labels).every(([label, of]) => sample.labels[label] === of)
      const buckets = samples.filter((sample) => sample.name === `${name}_bucket` && isSame(sample))
      const grows = buckets.every((bucket, at) => at === 0 || bucket.value >= (buckets[at - 1]?.value ?? 0))
      const last = buckets.at(-1)
      if (!grows || last?.labels['le'] !== '+Inf' || last.value !== value)
        throw new Error(`The buckets of ${name} are wrong.`)
    }
  }
}
