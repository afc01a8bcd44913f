import type { Plural } from '../api/types'
import { t } from '../words'

/** subTitle is the head of the sheet that makes or changes a record. */
export function subTitle(plural: Plural, fresh: boolean): string {
  if (plural === 'order-lines') return t('web.lines.title')
  return fresh ? t(`web.new.${plural}`) : t(`web.change.${plural}`)
}
