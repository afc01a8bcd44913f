import { Link, useParams } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { isShop, useMe } from '../api/person'
import { useNarrow } from '../parts/screen'
import { Forbidden, Lost } from '../shell/Lost'
import { places } from '../shell/nav'
import { Page } from '../shell/Page'
import { t } from '../words'
import { AlertsPlace } from './AlertList'
import { BackupsPlace } from './Backups'
import { DevicesPlace } from './Devices'
import { KeysPlace } from './Keys'
import { LedgerPlace } from './Ledger'
import { NoticePlace } from './Notice'
import { PeoplePlace } from './People'
import { SecurityPlace } from './Security'
import { SettingsPlace } from './Settings'
import { TokensPlace } from './Tokens'
import './shop.css'

const pages: Record<string, ComponentType> = { people: PeoplePlace, settings: SettingsPlace, notice: NoticePlace, ledger: LedgerPlace, keys: KeysPlace, backups: BackupsPlace, alerts: AlertsPlace, security: SecurityPlace, devices: DevicesPlace, tokens: TokensPlace }

/** PlacePage is one place of 我的店; in a shop the others stand beside it. */
export default function PlacePage() {
  const { section } = useParams({ from: '/shop/$section' })
  const me = useMe()
  const narrow = useNarrow()
  const here = places.find(p => p.to === `/shop/${section}`)
  const Body = pages[section]
  if (!here || !Body) return <Lost />
  const title = t(here.label)
  if (!here.may(me)) return <Forbidden title={title} />
  const beside = isShop(me) && !narrow
  return (
    <Page title={title} back={narrow ? '/shop' : undefined} crumb={beside ? <span className="crumb"><Link to="/shop">{t('web.nav.shop')}</Link><i>/</i></span> : undefined}>
      <div className={beside ? 'place beside' : 'place'}>
        {beside && <nav className="place-nav" aria-label={t('web.nav.shop')}>{places.filter(p => p.may(me)).map(p => <Link key={p.to} to={p.to} className={p === here ? 'nv on' : 'nv'} aria-current={p === here ? 'page' : undefined}>{p.icon}{t(p.label)}</Link>)}</nav>}
        <div className="place-body"><Body /></div>
      </div>
    </Page>
  )
}
