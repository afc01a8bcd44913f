import { RightOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { isMall, isShop, useMe } from '../api/person'
import type { Me } from '../api/types'
import { Head } from '../parts/Section'
import { useNarrow } from '../parts/screen'
import { Page } from '../shell/Page'
import { customers, importing, placesOf, records, seesPeople } from '../shell/nav'
import { Preferences, useLeave } from '../shell/PersonMenu'
import { named, t } from '../words'
import { positionWord } from '../words/position'
import { comma } from '../words/join'
import { sayAgo } from '../words/time'
import './shop.css'

/** noteOf is the one line that says how a place stands. */
function noteOf(me: Me, to: string): string {
  switch (to) {
    case '/shop/security': return t(me.totp ? 'web.shop.totp_on' : 'web.shop.totp_off')
    case '/shop/backups': return me.backup.at ? sayAgo(me.backup.at) : t('web.backup.none')
    case '/shop/notice': return me.todo.some(x => x.code === 'notice') ? t('web.shop.notice_open') : ''
    case '/shop/settings': return named('size', me.org.size)
    default: return ''
  }
}

/** ShopPage is 我的店: everything about the merchant and about oneself, in one list. */
export default function ShopPage() {
  const me = useMe()
  const narrow = useNarrow()
  const leave = useLeave()
  return (
    <Page title={t(isShop(me) ? 'web.nav.shop' : isMall(me) ? 'web.nav.office' : 'web.nav.firm')}>
      <div className="shop">
        <div className="shop-head"><div><b className="f16">{me.org.name}</b><div className="f13 t3">{[me.org.uscc, me.org.address].filter(Boolean).join(' · ')}</div></div></div>
        {narrow && !isShop(me) && seesPeople(me) && <Part title={t('web.nav.records')} me={me} entries={[...(isMall(me) ? [customers] : []), ...records, ...(me.can.includes('import') ? [importing] : [])]} />}
        {(['manage', 'protect', 'own'] as const).map(part => <Part key={part} title={t(`web.nav.${part}`)} me={me} entries={placesOf(me, part)} />)}
        {narrow && <section className="shop-part"><Head title={t('web.person.look')} /><div className="shop-prefs"><Preferences /><Button size="large" loading={leave.isPending} onClick={() => leave.mutate()}>{t('web.person.leave')}</Button><p className="f12 t3">{me.name}{comma()}{positionWord(me.position, me.org.size)} · {t('web.person.version', { version: me.version })}</p></div></section>}
      </div>
    </Page>
  )
}

function Part({ title, me, entries }: { title: string; me: Me; entries: { to: string; label: Parameters<typeof t>[0]; icon: React.ReactNode }[] }) {
  if (entries.length === 0) return null
  return (
    <section className="shop-part">
      <Head title={title} />
      <ul>{entries.map(e => <li key={e.to}><Link to={e.to}><span className="shop-icon">{e.icon}</span><span className="grow">{t(e.label)}</span><span className="f13 t3">{noteOf(me, e.to)}</span><RightOutlined aria-hidden /></Link></li>)}</ul>
    </section>
  )
}
