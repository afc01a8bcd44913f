import type { Invited } from '../api/types'
import { Copy } from '../parts/Copy'
import { LocalOnly } from '../parts/LocalOnly'
import { t } from '../words'

/** LinkShown is a one-time link, once: as a picture to scan face to face, and to copy. */
export function LinkShown({ link, note, qr }: { link: Invited; note: string; qr: string }) {
  return (
    <div className="once" role="status">
      <p className="t2 f13">{note}</p>
      <LocalOnly url={link.url} />
      <img className="qr" src={link.qr} alt={qr} width={184} height={184} />
      <div className="secret mono">{link.url}</div>
      <Copy text={link.url} label={t('web.people.copy_link')} />
      <p className="f12 t3">{t('web.people.once')}</p>
    </div>
  )
}
