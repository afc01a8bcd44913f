import { DownOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { isShop, useMe } from '../api/person'
import { Pop } from '../parts/Pop'
import { useNarrow } from '../parts/screen'
import type { Listed } from '../router'
import { t } from '../words'

const AREAS: Listed[] = ['customers', 'orders', 'deals', 'visits', 'tasks', 'contacts']

/** AreaSwitch leads to the other lists where the menu is too short for them: in a shop, and on a phone. */
export function AreaSwitch({ plural }: { plural: Listed }) {
  const narrow = useNarrow()
  const shop = isShop(useMe())
  if (narrow) {
    return (
      <Pop label={t('web.list.areas')} button={o => <button type="button" className="icon-btn" aria-label={t('web.list.areas')} {...o}><DownOutlined aria-hidden /></button>}>
        {close => <div className="menu">{AREAS.map(a => <Link key={a} to="/$plural" params={{ plural: a }} onClick={close} aria-current={a === plural ? 'page' : undefined}>{t(`web.nav.${a}`)}</Link>)}</div>}
      </Pop>
    )
  }
  if (!shop) return null
  return (
    <nav className="areas" aria-label={t('web.list.areas')}>
      {AREAS.filter(a => a !== plural).map(a => <Link key={a} to="/$plural" params={{ plural: a }}>{t(`web.nav.${a}`)}</Link>)}
    </nav>
  )
}
