import type zh from '../../../i18n/zh-CN.json'
import { lang, type Lang } from '../api/client'
import { store } from '../api/store'

/** A Key is one the catalogue has; a missing key does not compile. */
export type Key = keyof typeof zh
export type Args = Record<string, string | number>

interface Book { lang: Lang; words: Record<string, string> }

const book = store<Book | undefined>(undefined)

const loaders: Record<Lang, () => Promise<{ default: Omit<Book, 'lang'> }>> = {
  'zh-CN': () => import('./zh'),
  en: () => import('./en'),
}

/** open loads a language and makes it the page's own. */
export async function open(which: Lang): Promise<void> {
  const loaded = await loaders[which]()
  document.documentElement.lang = which
  lang.set(which)
  book.set({ lang: which, ...loaded.default })
}

/** useBook is the open language; a component that speaks watches it. */
export const useBook = () => book.use()

/** A day's word, alone or before the hour: English writes it small inside a sentence. */
const DAY_WORD = /^(Yesterday|Today|Tomorrow)(?=$| \d\d:\d\d$)/

function fill(sentence: string, args?: Args): string {
  if (!args) return sentence
  return sentence.replace(/\{([a-z0-9_]+)\}/g, (whole, name: string, at: number) => {
    const word = name in args ? String(args[name]) : whole
    return at > 0 ? word.replace(DAY_WORD, w => w.toLowerCase()) : word
  })
}

/** t is the sentence of a key in the open language. */
export function t(key: Key, args?: Args): string {
  return fill(book.get()?.words[key] ?? key, args)
}

/** tn is t for a counted thing: English has its own sentence for one, under KEY_one. */
export function tn(key: Key, n: number, args?: Args): string {
  const b = book.get()
  const one = n === 1 && b?.lang === 'en' ? b.words[`${key}_one`] : undefined
  return fill(one ?? b?.words[key] ?? key, { n: figures(n), ...args })
}

/** has tells whether the catalogue has a key that was put together from a code. */
export const has = (key: string): key is Key => book.get()?.words[key] !== undefined

/** named is the word for a code, the code itself where there is none. */
export const named = (list: 'position' | 'purpose' | 'channel' | 'size' | 'outcome' | 'credit' | 'grade' | 'choice.visit_way', code: string): string => {
  const key = `${list}.${code}`
  return has(key) ? t(key) : code
}

/** isEnglish says which language is open, for what no sentence can hold. */
export const isEnglish = () => book.get()?.lang === 'en'

const numbers = new Intl.NumberFormat('en-US')

/** figures writes a whole number with thousands' commas. */
export const figures = (n: number): string => numbers.format(n)
