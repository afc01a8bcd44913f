import type { Position } from '../api/types'
import { named, t } from '.'

/** positionWord is the name of a position; a shop has a 店员 where a company has a 销售. */
export const positionWord = (p: string, shop: boolean): string => (shop && p === ('rep' satisfies Position) ? t('web.people.clerk') : named('position', p))
