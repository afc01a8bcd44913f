import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useMe } from '../api/person'
import { queries } from '../api/queries'
import * as share from '../api/share'
import type { Alliance, AllianceMember } from '../api/share'
import { Button } from '../parts/Button'
import { Copy } from '../parts/Copy'
import { saidOf } from '../parts/Fault'
import { Chip, Head } from '../parts/Section'
import { Line } from '../parts/Typing'
import { Read, useAct } from '../shop/ask'
import { t } from '../words'
import { sayMoment } from '../words/time'
import { CardForm } from './CardForm'
import { ShopCard } from './ShopCard'

/** AlliancePart is the merchant's own card, the alliance it is in, and its members. */
export default function AlliancePart() {
  return (
    <>
      <OwnCard />
      <Read of="alliance" read={share.alliance}>{a => (a.in ? <Members a={a} /> : <NoAlliance />)}</Read>
    </>
  )
}

function OwnCard() {
  const admin = useMe().can.includes('admin')
  const [editing, setEditing] = useState(false)
  return (
    <section>
      <Head title={t('web.share.card')}>{admin && !editing && <button type="button" className="linky" onClick={() => setEditing(true)}>{t('web.act.edit')}</button>}</Head>
      <Read of="card" read={share.card}>
        {c => (admin && (editing || c.edited === 0) ? <CardForm card={c} done={() => setEditing(false)} /> : <div className="share-form"><ShopCard card={c} /><p className="f12 t3">{t('web.share.card_note')}</p></div>)}
      </Read>
    </section>
  )
}

function NoAlliance() {
  const admin = useMe().can.includes('admin')
  if (!admin) return <p className="share-form t2 f13">{t('web.share.alliance_none_rep')}</p>
  return (
    <section>
      <Head title={t('web.share.alliance_none')} />
      <div className="share-form two"><Join /><Found /></div>
    </section>
  )
}

const after = () => { for (const queryKey of [['alliance'], ['shops']]) void queries.invalidateQueries({ queryKey }) }

/** Join shows which alliance a link leads to, and joins it. */
export function Join({ given = '', done }: { given?: string; done?: () => void }) {
  const [link, setLink] = useState(given)
  const token = link.trim().split(/[/#]/).pop() ?? ''
  const look = useMutation({ mutationFn: () => share.allianceOf(token) })
  const join = useMutation({ mutationFn: () => share.join(token), onSuccess: () => { after(); done?.() } })
  const looked = look.isIdle && given !== '' && link === given
  useEffect(() => { if (looked) look.mutate() }, [looked])
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (token) look.mutate() }}>
      <b>{t('web.share.join')}</b>
      <p className="t2 f13">{t('web.share.join_text')}</p>
      <label className="field"><span className="label">{t('web.share.join_link')}</span><Line value={link} onChange={e => { setLink(e.target.value); look.reset() }} autoComplete="off" maxLength={300} /></label>
      {look.isError && <p className="form-err" role="alert">{saidOf(look.error)}</p>}
      {join.isError && <p className="form-err" role="alert">{saidOf(join.error)}</p>}
      {look.data
        ? <><p>{t('web.share.join_is', { name: look.data.name, n: look.data.members.length })}</p><div><Button type="primary" loading={join.isPending} onClick={() => join.mutate()}>{t('web.share.join_go', { name: look.data.name })}</Button></div></>
        : <div><Button htmlType="submit" loading={look.isPending} disabled={!token}>{t('web.share.join_look')}</Button></div>}
    </form>
  )
}

function Found() {
  const [name, setName] = useState('')
  const found = useMutation({ mutationFn: () => share.found(name.trim()), onSuccess: after })
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (name.trim()) found.mutate() }}>
      <b>{t('web.share.found')}</b>
      <p className="t2 f13">{t('web.share.found_text')}</p>
      <label className="field"><span className="label">{t('web.share.found_name')}</span><Line value={name} onChange={e => setName(e.target.value)} autoComplete="off" maxLength={40} /></label>
      {found.isError && <p className="form-err" role="alert">{saidOf(found.error)}</p>}
      <div><Button htmlType="submit" loading={found.isPending} disabled={!name.trim()}>{t('web.share.found_go')}</Button></div>
    </form>
  )
}

function Members({ a }: { a: Alliance }) {
  const admin = useMe().can.includes('admin')
  const invite = useAct('alliance-link', share.allianceLink)
  return (
    <section>
      <Head title={a.name} count={a.members.length}>{admin && a.founds && <Button size="small" loading={invite.isPending} onClick={() => invite.mutate(undefined)}>{t('web.share.invite')}</Button>}</Head>
      {a.members.some(m => m.self && m.state === 'joined') && <p className="note-box wa share-note">{t('web.share.not_verified')}</p>}
      {invite.data && <div className="share-form once" role="status"><p className="t2 f13">{t('web.share.invite_note', { at: sayMoment(invite.data.expires) })}</p><img className="qr" src={invite.data.qr} alt={t('web.share.invite')} width={184} height={184} /><div className="secret mono">{invite.data.url}</div><Copy text={invite.data.url} label={t('web.people.copy_link')} /></div>}
      <ul className="arrivals">{a.members.map(m => <Member key={m.card.id} m={m} mayVerify={admin && a.founds} />)}</ul>
    </section>
  )
}

function Member({ m, mayVerify }: { m: AllianceMember; mayVerify: boolean }) {
  const act = useAct('alliance', (state: share.MemberState) => share.verify(m.card.id, state))
  return (
    <li className="arrival member-row">
      <ShopCard card={m.card} />
      <div className="row wrap">
        <Chip tone={m.state === 'verified' ? 'ok' : m.state === 'suspended' ? 'no' : 'wa'}>{t(`web.share.member_${m.state}`)}</Chip>
        {mayVerify && !m.self && m.state !== 'verified' && <Button size="small" type="primary" loading={act.isPending} onClick={() => act.mutate('verified')}>{t('web.share.verify')}</Button>}
        {mayVerify && !m.self && m.state === 'verified' && <Button size="small" loading={act.isPending} onClick={() => act.mutate('suspended')}>{t('web.share.suspend')}</Button>}
      </div>
    </li>
  )
}
