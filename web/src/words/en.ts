import type other from '../../../i18n/zh-CN.json'
import words from '../../../i18n/en.json'

export default { words: words satisfies Record<keyof typeof other, string> as Record<string, string> }
