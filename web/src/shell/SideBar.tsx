import { MenuFoldOutlined, MenuUnfoldOutlined, SearchOutlined } from '@ant-design/icons'
import { Link, useRouterState } from '@tanstack/react-router'
import { useMe } from '../api/person'
import { kept } from '../api/store'
import { Logo } from '../parts/Section'
import { useMedium } from '../parts/screen'
import { t } from '../words'
import { Count } from './Count'
import { PersonMenu } from './PersonMenu'
import { hereOf, menuOf, waitsAt } from './nav'
import { palette } from './Palette'

const folded = kept('kexin.side', ['', 'narrow', 'wide'] as const, '')

/** SideBar is the way to every place; it folds to its icons. */
export function SideBar() {
  const me = useMe()
  const path = useRouterState({ select: s => s.location.pathname })
  const medium = useMedium()
  const choice = folded.use()
  const narrow = choice === '' ? medium : choice === 'narrow'
  const menu = menuOf(me)
  const here = hereOf(path, menu.flatMap(g => g.entries))
  return (
    <nav className={narrow ? 'side narrow' : 'side'} aria-label={t('web.nav.label')}>
      <div className="brand">
        <Logo name={t('web.brand')} />{!narrow && <><span>{t('web.brand')}</span><span className="brand-shop el" title={me.org.name}>{me.org.name}</span></>}
      </div>
      <button type="button" className="ksearch" onClick={() => palette.set(true)} aria-label={narrow ? t('web.palette.open') : undefined} aria-keyshortcuts="Control+K">
        <SearchOutlined aria-hidden />{!narrow && <>{t('web.palette.open')}<kbd aria-hidden>Ctrl K</kbd></>}
      </button>
      <div className="side-list">
        {menu.map((g, i) => (
          <div key={i}>
            {g.label && (narrow ? <div className="sect-line" /> : <div className="sect">{t(g.label)}</div>)}
            {g.entries.map(e => (
              <Link key={e.to} to={e.to} className={e.to === here ? 'nv on' : 'nv'} aria-current={e.to === here ? 'page' : undefined} title={narrow ? t(e.label) : undefined}>
                {e.icon}<span className={narrow ? 'sr' : undefined}>{t(e.label)}</span><Count n={waitsAt(me, e)} />
              </Link>
            ))}
          </div>
        ))}
      </div>
      <div className="foot">
        <PersonMenu folded={narrow} />
        <button type="button" className="icon-btn fold" onClick={() => folded.set(narrow ? 'wide' : 'narrow')} aria-label={t(narrow ? 'web.nav.unfold' : 'web.nav.fold')} title={t(narrow ? 'web.nav.unfold' : 'web.nav.fold')}>
          {narrow ? <MenuUnfoldOutlined aria-hidden /> : <MenuFoldOutlined aria-hidden />}
        </button>
      </div>
    </nav>
  )
}
