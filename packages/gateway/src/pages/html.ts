/** Markup that is safe to put into a page as it is. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

type Piece = Html | string | number | readonly Html[]

/** Template tag: every value is escaped, unless it is {@link Html} already. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(markupOf)))
}

function markupOf(piece: Piece): string {
  if (piece instanceof Html) return piece.markup
  return typeof piece === 'object' ? piece.map(markupOf).join('') : escapeHtml(String(piece))
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
