import type { Position, Size } from '../api/types'
import { named, t } from '.'

/** positionWord is the name of a position: a shop has a 店员 where a company has a 销售, and no shopkeeper leads a company or a 秘书处. */
export function positionWord(p: string, size: Size): string {
  if (size === 'shop' && p === ('rep' satisfies Position)) return t('web.people.clerk')
  if (size !== 'shop' && p === ('owner' satisfies Position)) return t(size === 'mall' ? 'web.people.secretary' : 'web.people.director')
  return named('position', p)
}
