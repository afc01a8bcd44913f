import { useMe } from '../api/person'
import { t } from '../words'

/** LocalOnly warns where a link that is to go to somebody opens on this machine alone: a phone would find nothing. */
export function LocalOnly({ url }: { url: string }) {
  const { hostname } = new URL(url, location.href)
  if (useMe().demo || !/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return null
  return <p className="note-box wa f13">{t('web.link.local')}</p>
}
