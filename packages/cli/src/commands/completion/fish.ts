import type { CompletionNode, CompletionOption, Value } from './tree.ts'

/** A script for fish (https://fishshell.com/docs/current/completions.html). Pure. */
export const fishCompletion = (
  nodes: readonly CompletionNode[],
): string => `# Completion of holdfast for fish.
function __holdfast_at
  set -l path
  for word in (commandline -opc)[2..-1]
    switch (string join ' ' $path $word)
      case ${nodes
        .filter(({ path }) => path !== '')
        .map(({ path }) => `'${path}'`)
        .join(' ')}
        set -a path $word
    end
  end
  test (string join ' ' $path) = "$argv[1]"
end
complete -c holdfast -f
${nodes.flatMap(linesOf).join('\n')}
`

function linesOf({ path, commands, options, argument }: CompletionNode): string[] {
  const line = (rest: string) => `complete -c holdfast -n "__holdfast_at '${path}'" ${rest}`
  return [
    ...commands.map(({ word, summary }) => line(`-a ${quoted(word)} -d ${quoted(summary)}`)),
    ...options.map((option) => line(optionWords(option))),
    ...(argument === null || argument.kind === 'any' ? [] : [line(offer(argument))]),
  ]
}

const optionWords = ({ flag, summary, value }: CompletionOption) =>
  [`-l ${flag.slice(2)}`, ...(value === null ? [] : [`-r ${offer(value)}`]), `-d ${quoted(summary)}`]
    .join(' ')
    .replace('  ', ' ')

function offer(value: Value): string {
  switch (value.kind) {
    case 'choices':
      return `-a ${quoted(value.choices.join(' '))}`
    case 'file':
      return '-F'
    case 'folder':
      return "-a '(__fish_complete_directories)'"
    case 'any':
      return ''
  }
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
