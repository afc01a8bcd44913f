import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { JOIN, invitation } from '../api/client'
import { useMe } from '../api/person'
import * as calls from '../api/calls'
import type { Alliance, Card } from '../api/types'
import { Button } from '../parts/Button'
import { Nothing, saidOf } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { said } from '../parts/toast'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { NoticeFirst } from '../shop/Notice'
import { t, tn } from '../words'
import { afterJoining } from './AlliancePart'
import { CardForm } from './CardForm'
import { ShopCard } from './ShopCard'
import './share.css'

/** JoinPage is where the link or QR code of an alliance leads; its token stands behind #, which no server and no log sees. */
export default function JoinPage() {
  const title = t('web.share.join_title'), token = useToken()
  return useMe().can.includes('admin') ? <Page title={title}><Looking token={token} /></Page> : <Forbidden title={title} />
}

/** useToken is the invitation: behind #, or kept while somebody signed in, who gets it behind # again. */
function useToken(): string {
  const go = useNavigate()
  const hash = useLocation().hash.replace(/^#/, ''), kept = hash ? '' : invitation.kept()
  useEffect(() => {
    if (hash) invitation.drop()
    else if (kept) void go({ to: JOIN, hash: kept, replace: true })
  }, [hash, kept, go])
  return hash || kept
}

function Looking({ token }: { token: string }) {
  const look = useQuery({ queryKey: ['alliance-of', token], queryFn: () => calls.lookAlliance(token), retry: false, enabled: token !== '' })
  const card = useQuery({ queryKey: ['card'], queryFn: calls.card })
  const error = look.error ?? card.error
  if (error || !token) return <Nothing title={t('web.share.join_dead')} action={<Link className="b6" to="/share/$part" params={{ part: 'alliance' }}>{t('web.share.see_alliance')}</Link>}>{error ? saidOf(error) : t('web.share.join_bad')}</Nothing>
  if (!look.data || !card.data) return <Wait rows={6} tall />
  return <div className="share"><Into a={look.data} card={card.data} token={token} /></div>
}

/** Into joins: the own card and notice first where there are none, then one tap. */
function Into({ a, card, token }: { a: Alliance; card: Card; token: string }) {
  const go = useNavigate()
  const join = useMutation({
    mutationFn: () => calls.joinAlliance(token),
    onSuccess: () => { said(t('web.share.joined', { name: a.name })); afterJoining(); void go({ to: '/share/$part', params: { part: 'alliance' } }) },
  })
  return (
    <>
      <section>
        <div className="share-form join-head"><h2>{tn('web.share.join_is', a.members.length, { name: a.name })}</h2><p className="t2 f13">{t('web.share.join_what')}</p></div>
        <ul className="arrivals">{a.members.map(m => <li key={m.card.id} className="arrival"><ShopCard card={m.card} /></li>)}</ul>
      </section>
      <section>
        {card.edited === 0
          ? <><h2 className="share-title">{t('web.share.join_card')}</h2><CardForm card={card} done={() => undefined} /></>
          : <NoticeFirst title={t('web.share.join_notice')}><div className="share-form join-go">{join.isError && <p className="form-err" role="alert">{saidOf(join.error)}</p>}<Button type="primary" size="large" loading={join.isPending} onClick={() => join.mutate()}>{t('web.share.join_go', { name: a.name })}</Button></div></NoticeFirst>}
      </section>
    </>
  )
}
