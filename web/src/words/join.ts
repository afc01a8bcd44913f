import { isEnglish } from '.'

/** comma joins the parts of a list: 瓷砖、地板. */
export const comma = (): string => (isEnglish() ? ', ' : '、')

/** colon stands between a label and its value. */
export const colon = (): string => (isEnglish() ? ': ' : '：')

/** orList joins words of which one will do: 电话、微信或短信. */
export const orList = (words: string[]): string => new Intl.ListFormat(isEnglish() ? 'en-GB' : 'zh-CN', { type: 'disjunction' }).format(words)

/** andList joins words that all count: 想买什么和怎么说的. */
export const andList = (words: string[]): string => new Intl.ListFormat(isEnglish() ? 'en-GB' : 'zh-CN', { type: 'conjunction' }).format(words)

/** inside writes a word as it stands in a sentence: E-mail → e-mail; WeChat and SMS stay. */
export const inside = (word: string): string => (/^[A-Z][a-z-]+( |$)/.test(word) ? word.charAt(0).toLowerCase() + word.slice(1) : word)
