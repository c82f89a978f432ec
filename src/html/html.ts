import { html as escapeTag } from 'ghtml'

/**
 * HTML that is safe to send: markup of ours in which every other value is escaped. Only `html` and
 * `trustedHtml` make it, so a plain string is never taken for markup.
 */
export class Html {
  readonly #text: string

  constructor(text: string, made: typeof MADE_HERE) {
    if (made !== MADE_HERE) throw new TypeError('Use the html tag or trustedHtml')
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

const MADE_HERE = Symbol('html')

/** What a template takes: text and numbers are escaped, `Html` is not, a list is joined by line breaks. */
export type HtmlValue = string | number | undefined | Html | readonly Html[]

/**
 * Makes HTML from a template.
 *
 * @example
 * html`<p title="${title}">${name}</p>${items.map((item) => html`<li>${item}</li>`)}`
 */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = literals.map((literal, index) => literal + markupOf(values[index]))
  return new Html(parts.join(''), MADE_HERE)
}

/** Takes text as markup. Only for constants of ours, such as a style sheet: nothing is escaped. */
export function trustedHtml(text: string): Html {
  return new Html(text, MADE_HERE)
}

function markupOf(value: HtmlValue): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.join('\n')
  return escapeTag`${value}`
}
