import antd from 'antd/es/locale/zh_CN'
import type en from '../../../i18n/en.json'
import words from '../../../i18n/zh-CN.json'

export default { antd, words: words satisfies Record<keyof typeof en, string> as Record<string, string> }
