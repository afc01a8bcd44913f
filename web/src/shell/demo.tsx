import { useMe } from '../api/person'
import { isEnglish, t } from '../words'

/** hall is the demonstration's own page, with its steps and the customers' phones; it is on this machine, below localhost. */
export const hall = (): string => `http://phone.localhost:${location.port}/?lang=${isEnglish() ? 'en' : 'zh-CN'}`

/** OnPhone puts words on somebody's phone of the demonstration: they travel behind the #, so that no server gets them by the address. Elsewhere it is nothing. */
export function OnPhone({ name = '', words }: { name?: string; words: string }) {
  if (!useMe().demo) return null
  return <a className="btn primary middle" href={`${hall()}#${new URLSearchParams({ to: name, words }).toString()}`} target="_blank" rel="noopener">{t('web.share.on_phone')}</a>
}
