import { Link, useParams } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { isMall, useMe } from '../api/person'
import type { Me } from '../api/types'
import { Forbidden, Lost } from '../shell/Lost'
import { Page } from '../shell/Page'
import { t, type Key } from '../words'
import { AlliancePart } from './AlliancePart'
import { InboxPart } from './InboxPart'
import { SentPart } from './SentPart'
import { VoucherPart } from './VoucherPart'
import './share.css'

interface Part { part: string; label: Key; may: (me: Me) => boolean; body: ComponentType }

const contact = (me: Me) => me.can.includes('contact')
const admin = (me: Me) => me.can.includes('admin')

const parts: Part[] = [
  { part: 'inbox', label: 'web.share.inbox', may: contact, body: InboxPart },
  { part: 'sent', label: 'web.share.sent', may: contact, body: SentPart },
  { part: 'voucher', label: 'web.share.voucher', may: contact, body: VoucherPart },
  { part: 'alliance', label: 'web.share.alliance', may: me => contact(me) || admin(me), body: AlliancePart },
]

/** SharePage is 推荐: what came, what was sent, the counter and its vouchers, and the alliance. */
export default function SharePage() {
  const { part } = useParams({ from: '/share/$part' })
  const me = useMe()
  const here = parts.find(p => p.part === part)
  if (!here) return <Lost />
  if (!here.may(me)) return <Forbidden title={t(here.label)} />
  const Body = here.body
  const office = isMall(me) // which recommends nobody
  return (
    <Page title={t(office ? 'web.nav.alliance' : 'web.nav.share')}>
      {!(office && part === 'alliance') && <nav className="tabs" aria-label={t('web.nav.share')}>
        {parts.filter(p => p.may(me)).map(p => <Link key={p.part} to="/share/$part" params={{ part: p.part }} aria-current={p === here ? 'page' : undefined}>{t(p.label)}{p.part === 'inbox' && me.arrivals > 0 && <em>{me.arrivals}</em>}</Link>)}
      </nav>}
      <div className="share"><Body /></div>
    </Page>
  )
}
