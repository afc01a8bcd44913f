import { CheckCircleFilled, CopyOutlined, QrcodeOutlined, SendOutlined } from '@ant-design/icons'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useMe } from '../api/person'
import { afterWrite, queries } from '../api/queries'
import * as share from '../api/share'
import type { Card, Recommended, Way } from '../api/share'
import type { ID } from '../api/types'
import { Button } from '../parts/Button'
import { ChooseMany, ChooseOne } from '../parts/Choose'
import { Copy } from '../parts/Copy'
import { Fault, Nothing, saidOf } from '../parts/Fault'
import { Sheet } from '../parts/Sheet'
import { Wait } from '../parts/Wait'
import { said } from '../parts/toast'
import { t } from '../words'
import { sayMoment } from '../words/time'
import { useNeeds } from './NeedWord'
import './share.css'

const SAID = ['store', 'call', 'wechat', 'home'] as const
const MOST = 3

/** RecommendSheet recommends a shop 推荐 in five taps: need, shop, how it was talked about, and the words are on the clipboard. Nothing of her goes anywhere. */
export function RecommendSheet({ customer, name, open, onClose }: { customer: ID; name: string; open: boolean; onClose: () => void }) {
  return <Sheet open={open} onClose={onClose} title={t('web.share.recommend_to', { name })} width={520}><Body customer={customer} done={onClose} /></Sheet>
}

function Body({ customer, done }: { customer: ID; done: () => void }) {
  const q = useQuery({ queryKey: ['shops'], queryFn: share.shops })
  const before = useQuery({ queryKey: ['sent', customer], queryFn: () => share.sentOf(customer) })
  if (q.error) return <Fault error={q.error} retry={() => void q.refetch()} />
  if (!q.data || !before.data) return <Wait rows={4} />
  if (q.data.shops.length === 0) return <NoShops done={done} />
  return <Form customer={customer} shops={q.data.shops} maySend={before.data.canSend} done={done} />
}

function NoShops({ done }: { done: () => void }) {
  const admin = useMe().can.includes('admin')
  return <Nothing title={t('web.share.no_shops')} action={admin && <Link className="b6" to="/share/$part" params={{ part: 'alliance' }} onClick={done}>{t('web.share.to_alliance')}</Link>}>{t(admin ? 'web.share.no_shops_admin' : 'web.share.no_shops_text')}</Nothing>
}

function Form({ customer, shops, maySend, done }: { customer: ID; shops: Card[]; maySend: boolean; done: () => void }) {
  const needs = useNeeds().filter(n => shops.some(s => s.needs.includes(n.code)))
  const [need, setNeed] = useState(needs.length === 1 ? (needs[0]?.code ?? '') : '')
  const fit = shops.filter(s => s.needs.includes(need))
  const [chosen, setChosen] = useState<ID[]>([])
  const picked = fit.length === 1 ? fit.map(s => s.id) : chosen.filter(id => fit.some(s => s.id === id))
  const [how, setHow] = useState<(typeof SAID)[number] | ''>('')
  const ask = useMutation({
    mutationFn: (way: Way) => share.recommend(customer, { need, shops: picked, said: how, way }),
    onSuccess: async (r, way) => {
      void queries.invalidateQueries({ queryKey: ['sent'] })
      afterWrite('customers', customer)
      if (way === 'send') { said(t('web.share.sent_to_her')); done(); return }
      if (way === 'copy') await navigator.clipboard?.writeText(r.words).catch(() => undefined)
    },
  })
  if (ask.data && ask.variables) return <Made r={ask.data} way={ask.variables} />
  const ready = need !== '' && picked.length > 0 && picked.length <= MOST && how !== ''
  const go = (way: Way) => () => ask.mutate(way)
  const working = (way: Way) => ask.isPending && ask.variables === way
  return (
    <div className="form">
      <p className="t2 f13">{t('web.share.promise')}</p>
      <ChooseOne legend={t('web.share.need')} options={needs.map(n => ({ value: n.code, label: n.label }))} value={need} onChange={v => setNeed(v)} />
      {need !== '' && <ChooseMany legend={t('web.share.shops')} note={t('web.share.shops_most', { n: MOST })} options={fit.map(s => ({ value: s.id, label: s.shown }))} value={picked} onChange={v => setChosen(v.slice(-MOST))} />}
      <ChooseOne<(typeof SAID)[number]> legend={t('web.share.how')} options={SAID.map(value => ({ value, label: t(`web.share.how_${value}`) }))} value={how} onChange={setHow} />
      {ask.isError && <p className="form-err" role="alert">{saidOf(ask.error)}</p>}
      <div className="form-foot">
        <Button type="primary" icon={<CopyOutlined />} disabled={!ready} loading={working('copy')} onClick={go('copy')}>{t('web.share.copy_words')}</Button>
        <Button icon={<QrcodeOutlined />} disabled={!ready} loading={working('qr')} onClick={go('qr')}>{t('web.share.show_qr')}</Button>
        {maySend && <Button icon={<SendOutlined />} disabled={!ready} loading={working('send')} onClick={go('send')}>{t('web.share.send_her')}</Button>}
      </div>
    </div>
  )
}

/** Made shows what goes to her: words to paste, or the code on the screen. */
function Made({ r, way }: { r: Recommended; way: Way }) {
  const [qr, setQR] = useState(way === 'qr')
  return (
    <div className="made" role="status">
      {!qr && <p className="row okc"><CheckCircleFilled aria-hidden /> <b>{t('web.share.copied')}</b></p>}
      {qr ? <><img className="qr" src={r.qr} alt={t('web.share.qr_alt')} width={240} height={240} /><p className="t2 f13">{t('web.share.qr_note')}</p></> : <p className="made-words">{r.words}</p>}
      <div className="row wrap">
        <Copy text={r.words} label={t('web.share.copy_again')} />
        <button type="button" className="linky" onClick={() => setQR(x => !x)}><QrcodeOutlined aria-hidden /> {t(qr ? 'web.share.show_words' : 'web.share.show_qr')}</button>
      </div>
      <p className="f12 t3">{t('web.share.until', { at: sayMoment(r.expires) })}</p>
    </div>
  )
}
