import antd from 'antd/es/locale/en_US'
import type zh from '../../../i18n/zh-CN.json'
import words from '../../../i18n/en.json'

export default { antd, words: words satisfies Record<keyof typeof zh, string> as Record<string, string> }
