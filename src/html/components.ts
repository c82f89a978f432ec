import { type Html, html } from './html.ts'

export type Tone = 'good' | 'bad' | 'warn' | 'info' | ''

/** A short fact, such as a status or the code of a reason. */
export function chip(text: string | number, tone: Tone = ''): Html {
  return html`<span class="${classes('chip', tone)}">${text}</span>`
}

/** The status of an HTTP response. */
export function statusChip(status: number): Html {
  return chip(status, status < 400 ? 'good' : 'bad')
}

/** The initials of a person, as decoration beside their name. */
export function initials(name: string, size: 'large' | '' = ''): Html {
  const words = name
    .replace(/@.*/, '')
    .split(/[\s._-]/)
    .filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const letters = words.slice(0, 2).map((word) => String.fromCodePoint(Number(word.codePointAt(0))))
  return html`<span class="${classes('avatar', size)}" aria-hidden="true">${letters.join('').toUpperCase()}</span>`
}

const WITH_MINUTES = { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' } as const
const FORMATS = {
  short: new Intl.DateTimeFormat('en-GB', WITH_MINUTES),
  medium: new Intl.DateTimeFormat('en-GB', { ...WITH_MINUTES, timeStyle: 'medium' }),
}

/**
 * A date with its time.
 *
 * @param time milliseconds since the epoch; undefined if it is not a valid time
 * @param style `medium` is with seconds
 */
export function timeElement(time: number, style: keyof typeof FORMATS = 'short'): Html | undefined {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return undefined
  return html`<time datetime="${date.toISOString()}">${FORMATS[style].format(date)} UTC</time>`
}

function classes(...names: readonly string[]): string {
  return names.filter((name) => name !== '').join(' ')
}
