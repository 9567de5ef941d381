import { type CompletionNode, type CompletionOption, commandPattern, type Value, valueCases } from './tree.ts'

/** A script for zsh (https://zsh.sourceforge.io/Doc/Release/Completion-System.html). Pure. */
export const zshCompletion = (nodes: readonly CompletionNode[]): string => `#compdef holdfast
# Completion of holdfast for zsh.
_holdfast() {
  local path='' index=2 word
  local -a found
  while (( index < CURRENT )); do
    word="$words[index]"
    case "\${path:+$path }$word" in
      ${commandPattern(nodes)}) path="\${path:+$path }$word" ;;
    esac
    (( index += 1 ))
  done
  case "$path $words[CURRENT-1]" in
${valueCases(nodes, offer)}
  esac
  case "$path" in
${nodes.map(nodeCase).join('\n')}
  esac
}
if [[ "$funcstack[1]" == _holdfast ]]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast
fi
`

function nodeCase({ path, commands, options, argument }: CompletionNode): string {
  const described = [...commands.map(({ word, summary }) => [word, summary]), ...options.map(pairOf)]
  const list = described.map(([word, summary]) => quoted(`${word}:${summary}`)).join(' ')
  const more = argument === null ? '' : ` ${offer(argument)};`
  return `    '${path}')${more} found=(${list}); _describe 'holdfast' found ;;`
}

const pairOf = ({ flag, summary }: CompletionOption): [string, string] => [flag, summary]

function offer(value: Value): string {
  switch (value.kind) {
    case 'choices':
      return `compadd -- ${value.choices.join(' ')}`
    case 'file':
      return '_files'
    case 'folder':
      return '_files -/'
    case 'any':
      return '_message "a value"'
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
