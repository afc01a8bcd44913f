import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useMe } from '../api/person'
import { queries } from '../api/queries'
import * as calls from '../api/calls'
import type { Alliance, AllianceMember, MemberState as State } from '../api/types'
import { Button } from '../parts/Button'
import { Copy } from '../parts/Copy'
import { LocalOnly } from '../parts/LocalOnly'
import { saidOf } from '../parts/Fault'
import { Chip, Head } from '../parts/Section'
import { Twice } from '../parts/Twice'
import { Line } from '../parts/Typing'
import { NoticeFirst } from '../shop/Notice'
import { Read, useAct } from '../shop/ask'
import { t } from '../words'
import { sayMoment } from '../words/time'
import { CardForm } from './CardForm'
import { MemberState } from './MemberState'
import { ShopCard } from './ShopCard'

/** AlliancePart is the merchant's own card, the alliance it is in, and its members. */
export function AlliancePart() {
  return (
    <>
      <OwnCard />
      <Read of="alliance" read={calls.alliance}>{a => (a.in ? <Members a={a} /> : <NoAlliance />)}</Read>
    </>
  )
}

function OwnCard() {
  const admin = useMe().can.includes('admin')
  const [editing, setEditing] = useState(false)
  const fresh = useQuery({ queryKey: ['card'], queryFn: calls.card }).data?.edited === 0
  const a = useQuery({ queryKey: ['alliance'], queryFn: calls.alliance }).data
  const verified = a?.in === true && !a.founds && a.members.some(m => m.self && m.state === 'verified')
  return (
    <section>
      <Head title={t('web.share.card')}>{admin && !editing && !fresh && <button type="button" className="linky" onClick={() => setEditing(true)}>{t('web.act.edit')}</button>}</Head>
      <Read of="card" read={calls.card}>
        {c => (admin && (editing || c.edited === 0) ? <CardForm card={c} verified={verified} done={() => setEditing(false)} /> : <div className="share-form"><ShopCard card={c} /><p className="f12 t3">{t('web.share.card_note')}</p></div>)}
      </Read>
    </section>
  )
}

function NoAlliance() {
  const admin = useMe().can.includes('admin')
  const card = useQuery({ queryKey: ['card'], queryFn: calls.card, enabled: admin }).data
  if (!admin) return <p className="share-form t2 f13">{t('web.share.alliance_none_rep')}</p>
  if (!card) return null // it is read, or what went wrong stands, above
  if (card.edited === 0) return <p className="share-form t2 f13">{t('web.share.alliance_after_card')}</p>
  return (
    <NoticeFirst title={t('web.share.notice_first')}>
      <section>
        <Head title={t('web.share.alliance_none')} />
        <div className="share-form two"><Join /><Found /></div>
      </section>
    </NoticeFirst>
  )
}

/** afterJoining reads again what changes with the alliance. */
export const afterJoining = () => { for (const queryKey of [['alliance'], ['shops']]) void queries.invalidateQueries({ queryKey }) }

/** Join takes a link and leads to the alliance behind it. */
function Join() {
  const go = useNavigate()
  const [link, setLink] = useState('')
  const token = /[0-9A-Za-z]{22}$/.exec(link.trim())?.[0] ?? ''
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (token) void go({ to: '/shop/join', hash: token }) }}>
      <b>{t('web.share.join')}</b>
      <p className="t2 f13">{t('web.share.join_text')}</p>
      <label className="field"><span className="label">{t('web.share.join_link')}</span><Line value={link} onChange={e => setLink(e.target.value)} autoComplete="off" maxLength={300} /></label>
      {link.trim() !== '' && !token && <p className="f13 no">{t('web.share.join_bad')}</p>}
      <div><Button htmlType="submit" disabled={!token}>{t('web.share.join_look')}</Button></div>
    </form>
  )
}

function Found() {
  const [name, setName] = useState('')
  const found = useMutation({ mutationFn: () => calls.foundAlliance(name.trim()), onSuccess: afterJoining })
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
  const invite = useAct('alliance-link', calls.allianceLink)
  const alone = a.members.length === 1
  const may = admin && a.founds && !invite.data
  return (
    <section>
      <Head title={a.name} count={a.members.length}>{may && !alone && <Button size="small" loading={invite.isPending} onClick={() => invite.mutate(undefined)}>{t('web.share.invite')}</Button>}</Head>
      {a.members.some(m => m.self && m.state === 'joined') && <p className="note-box wa share-note">{t('web.share.not_verified')}</p>}
      {may && alone && <div className="share-form"><p className="t2 f13">{t('web.share.alone')}</p><Button type="primary" loading={invite.isPending} onClick={() => invite.mutate(undefined)}>{t('web.share.invite')}</Button></div>}
      {invite.data && <div className="share-form once" role="status"><p className="t2 f13">{t('web.share.invite_note', { at: sayMoment(invite.data.expires) })}</p><LocalOnly url={invite.data.url} /><img className="qr" src={invite.data.qr} alt={t('web.share.invite')} width={184} height={184} /><div className="secret mono">{invite.data.url}</div><Copy text={invite.data.url} label={t('web.people.copy_link')} /></div>}
      <ul className="arrivals">{a.members.map(m => <Member key={m.card.id} m={m} mayVerify={admin && a.founds} />)}</ul>
      <AllianceLog />
      {admin && !a.founds && <Leave name={a.name} />}
    </section>
  )
}

/** AllianceLog is what the alliance's own log says, and the line by which somebody outside can hold it to that. */
function AllianceLog() {
  return (
    <details className="share-log">
      <summary>{t('web.share.log')}</summary>
      <Read of="alliance-log" read={calls.allianceLog}>{l => (
        <div className="share-form">
          <p className="t2 f13">{t('web.share.log_note')}</p>
          <ul className="plain-list">{l.entries.map(e => (
            <li key={e.hash} className="f13"><span className="t3 mono">{sayMoment(e.at)}</span> {t(`web.share.log_${e.change}`, { member: e.member, by: e.by })}{e.index < 0 && <span className="t3"> {t('web.share.log_wait')}</span>}</li>
          ))}</ul>
          {l.checkpoint && <div className="field"><span className="label">{t('web.share.log_line')}</span><pre className="command mono">{l.checkpoint}</pre><div><Copy text={l.checkpoint} /></div></div>}
        </div>
      )}</Read>
    </details>
  )
}

function Leave({ name }: { name: string }) {
  const leave = useAct('alliance-leave', calls.leaveAlliance, afterJoining)
  return (
    <div className="share-form">
      {leave.isError && <p className="form-err" role="alert">{saidOf(leave.error)}</p>}
      <div><Twice label={t('web.share.leave')} ask={t('web.share.leave_ask', { name })} busy={leave.isPending} go={() => leave.mutate(undefined)} /></div>
    </div>
  )
}

function Member({ m, mayVerify }: { m: AllianceMember; mayVerify: boolean }) {
  const act = useAct('alliance', (state: State) => calls.setAllianceMember(m.card, state), afterJoining)
  return (
    <li className="arrival member-row">
      <ShopCard card={m.card} plain={m.self} />
      <div className="row wrap">
        {m.self && <Chip>{t('web.share.self')}</Chip>}
        <MemberState state={m.state} />
        {mayVerify && !m.self && m.state !== 'verified' && <Button size="small" type="primary" loading={act.isPending} onClick={() => act.mutate('verified')}>{t('web.share.verify')}</Button>}
        {mayVerify && !m.self && m.state === 'verified' && <Twice size="small" label={t('web.share.suspend')} ask={t('web.share.suspend_ask', { shop: m.card.shown })} busy={act.isPending} go={() => act.mutate('suspended')} />}
      </div>
      {mayVerify && !m.self && m.state === 'joined' && <p className="f12 t3 member-note">{t('web.share.verify_note')}</p>}
    </li>
  )
}
