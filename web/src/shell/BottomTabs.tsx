import { Link, useRouterState } from '@tanstack/react-router'
import { useMe } from '../api/person'
import { t } from '../words'
import { Count } from './Count'
import { hereOf, tabsOf, waitsAt } from './nav'

/** BottomTabs is the menu of a phone. */
export function BottomTabs() {
  const me = useMe()
  const path = useRouterState({ select: s => s.location.pathname })
  const tabs = tabsOf(me)
  const here = hereOf(path, tabs)
  return (
    <nav className="tabbar" aria-label={t('web.nav.label')}>
      {tabs.map(e => <Link key={e.to} to={e.to} aria-current={e.to === here ? 'page' : undefined}>{e.icon}{t(e.label)}<Count n={waitsAt(me, e)} /></Link>)}
    </nav>
  )
}
