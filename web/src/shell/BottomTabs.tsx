import { Link, useRouterState } from '@tanstack/react-router'
import { useMe } from '../api/person'
import { t } from '../words'
import { isAt, tabsOf } from './nav'

/** BottomTabs is the menu of a phone. */
export function BottomTabs() {
  const me = useMe()
  const path = useRouterState({ select: s => s.location.pathname })
  return (
    <nav className="tabbar" aria-label={t('web.nav.label')}>
      {tabsOf(me).map(e => <Link key={e.to} to={e.to} aria-current={isAt(path, e.to) ? 'page' : undefined}>{e.icon}{t(e.label)}</Link>)}
    </nav>
  )
}
