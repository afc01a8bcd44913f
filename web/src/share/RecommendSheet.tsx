import { CheckCircleFilled, CopyOutlined, QrcodeOutlined, SendOutlined, TranslationOutlined } from '@ant-design/icons'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useMe } from '../api/person'
import { afterWrite, faultOf, queries } from '../api/queries'
import * as calls from '../api/calls'
import type { Card, ID, Recommended, Said, Sent, Way } from '../api/types'
import { Button } from '../parts/Button'
import { ChooseMany, ChooseOne } from '../parts/Choose'
import { Copy } from '../parts/Copy'
import { Fault, Nothing, saidOf } from '../parts/Fault'
import { useOnce } from '../parts/once'
import { LocalOnly } from '../parts/LocalOnly'
import { Sheet } from '../parts/Sheet'
import { Twice } from '../parts/Twice'
import { Wait } from '../parts/Wait'
import { toClipboard } from '../parts/clipboard'
import { failed, said } from '../parts/toast'
import { OnPhone } from '../shell/demo'
import { t } from '../words'
import { andList, inside } from '../words/join'
import { sayMoment } from '../words/time'
import { useNeeds } from './NeedWord'
import { SentState } from './SentPart'
import './share.css'

const SAID: Said[] = ['store', 'call', 'wechat', 'home']
const MOST = 3

/** RecommendSheet recommends a shop 推荐 in five taps: need, shop, how it was talked about, and the words are on the clipboard. Nothing of her goes anywhere. */
export function RecommendSheet({ customer, name, wants, open, onClose }: { customer: ID; name: string; wants: string[]; open: boolean; onClose: () => void }) {
  return <Sheet open={open} onClose={onClose} title={t('web.share.recommend_to', { name })} width={520}><Body customer={customer} name={name} wants={wants} done={onClose} /></Sheet>
}

interface Whom { customer: ID; name: string; wants: string[]; done: () => void }

function Body(whom: Whom) {
  const { customer, done } = whom
  const q = useQuery({ queryKey: ['shops'], queryFn: calls.shops })
  const before = useQuery({ queryKey: ['sent', customer], queryFn: () => calls.sentOf(customer) })
  const failing = faultOf(q) ? q : faultOf(before) ? before : undefined
  if (failing) return <Fault error={failing.error} retry={() => void failing.refetch()} />
  if (!q.data || !before.data) return <Wait rows={4} />
  if (q.data.shops.length === 0) return <NoShops done={done} />
  return <Form {...whom} shops={q.data.shops} earlier={before.data.referrals} maySend={before.data.canSend} />
}

/** NoShops says what is missing: an alliance, shops in it, or the founder's tap that verifies them. */
function NoShops({ done }: { done: () => void }) {
  const admin = useMe().can.includes('admin')
  const q = useQuery({ queryKey: ['alliance'], queryFn: calls.alliance })
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  const a = q.data
  if (!a) return <Wait rows={4} />
  const waits = a.in && a.members.some(m => !m.self && m.state === 'joined')
  const why = waits ? (admin && a.founds ? 'verify' : 'waits') : a.in && admin && a.founds ? 'alone' : a.in ? 'waits' : admin ? 'admin' : 'text'
  return <Nothing title={t('web.share.no_shops')} action={admin && <Link className="b6" to="/share/$part" params={{ part: 'alliance' }} onClick={done}>{t(a.in ? 'web.share.see_alliance' : 'web.share.to_alliance')}</Link>}>{t(`web.share.no_shops_${why}`)}</Nothing>
}

function Form({ customer, name, wants, shops, earlier, maySend, done }: Whom & { shops: Card[]; earlier: Sent[]; maySend: boolean }) {
  const needs = useNeeds().filter(n => shops.some(s => s.needs.includes(n.code)))
  const likely = needs.filter(n => needs.length === 1 || wants.includes(n.code)) // what her record says already needs no tap
  const [need, setNeed] = useState(likely.length === 1 ? (likely[0]?.code ?? '') : '')
  const fit = shops.filter(s => s.needs.includes(need))
  const [chosen, setChosen] = useState<ID[]>([])
  const picked = fit.length === 1 ? fit.map(s => s.id) : chosen.filter(id => fit.some(s => s.id === id))
  const [how, setHow] = useState<Said | ''>('')
  const [copied, setCopied] = useState(false)
  const once = useOnce()
  const ask = useMutation({
    mutationFn: async ({ said, way }: { said: Said; way: Way }) => {
      const r = await calls.recommend(customer, { need, shops: picked, said, way }, `${once.get().key}-${way}`)
      if (way === 'copy') setCopied(await toClipboard(r.words))
      return r
    },
    onSuccess: (_, { way }) => {
      void queries.invalidateQueries({ queryKey: ['sent'] })
      afterWrite('customers', customer)
      if (way === 'send') { said(t('web.share.sent_to_her')); done() }
    },
  })
  if (ask.data && ask.variables) return <Made r={ask.data} name={name} way={ask.variables.way} copied={copied} setCopied={setCopied} done={done} />
  const missing = [need === '' && t('web.share.need'), need !== '' && picked.length === 0 && t('web.share.shops'), how === '' && t('web.share.how')].filter(x => x !== false)
  const ready = missing.length === 0
  const go = (way: Way) => () => { if (how !== '') ask.mutate({ said: how, way }) }
  const working = (way: Way) => ask.isPending && ask.variables.way === way
  return (
    <div className="form asking">
      <p className="t2 f13">{t('web.share.promise')}</p>
      {earlier.length > 0 && <ul className="earlier" aria-label={t('web.share.earlier')}>{earlier.slice(0, 3).map(r => <li key={r.id} className="f13"><b className="b5">{r.shop}</b> <SentState r={r} /></li>)}</ul>}
      <ChooseOne legend={t('web.share.need')} options={needs.map(n => ({ value: n.code, label: n.label }))} value={need} onChange={v => setNeed(v)} />
      {need !== '' && <ChooseMany legend={t('web.share.shops')} note={t('web.share.shops_most', { n: MOST })} options={fit.map(s => ({ value: s.id, label: s.shown }))} value={picked} onChange={v => setChosen(v.slice(-MOST))} />}
      <ChooseOne<Said> legend={t('web.share.how')} options={SAID.map(value => ({ value, label: t(`web.share.how_${value}`) }))} value={how} onChange={setHow} />
      {ask.isError && <p className="form-err" role="alert">{saidOf(ask.error)}</p>}
      {!ready && <p className="f12 t3">{t('web.share.missing', { what: andList(missing.map(inside)) })}</p>}
      <div className="form-foot">
        <Button type="primary" icon={<CopyOutlined aria-hidden />} disabled={!ready} loading={working('copy')} onClick={go('copy')}>{t('web.share.copy_words')}</Button>
        <Button icon={<QrcodeOutlined aria-hidden />} disabled={!ready} loading={working('qr')} onClick={go('qr')}>{t('web.share.show_qr')}</Button>
        {maySend && <Button icon={<SendOutlined aria-hidden />} disabled={!ready} loading={working('send')} onClick={go('send')}>{t('web.share.send_her')}</Button>}
      </div>
    </div>
  )
}

/** Made shows what goes to her: words to paste, in her language or the other one, or the code on the screen; and takes it back. */
function Made({ r, name, way, copied, setCopied, done }: { r: Recommended; name: string; way: Way; copied: boolean; setCopied: (yes: boolean) => void; done: () => void }) {
  const [qr, setQR] = useState(way === 'qr')
  const head = useRef<HTMLParagraphElement>(null)
  useEffect(() => head.current?.focus(), [])
  const [other, setOther] = useState(false)
  const words = other ? r.other : r.words, english = (r.lang === 'en') !== other
  const turn = async () => { setOther(!other); setCopied(await toClipboard(other ? r.words : r.other)) }
  const back = useMutation({
    mutationFn: () => Promise.all(r.referrals.map(calls.cancelReferral)),
    onSuccess: () => { void queries.invalidateQueries({ queryKey: ['sent'] }); said(t('web.share.cancelled')); done() },
    onError: failed,
  })
  return (
    <div className="made">
      <p ref={head} tabIndex={-1} role="status" className={copied && !qr ? 'row okc' : 'row'}>{copied && !qr && <CheckCircleFilled aria-hidden />}<b>{t(qr ? 'web.share.qr_note' : copied ? 'web.share.copied' : 'web.share.copy_by_hand')}</b></p>
      <LocalOnly url={r.url} />
      {qr ? <img className="qr" src={r.qr} alt={t('web.share.qr_alt')} width={240} height={240} /> : <p className="made-words" lang={english ? 'en' : 'zh-CN'}>{words}</p>}
      <div className="row wrap">
        <OnPhone name={name} words={words} />
        <Copy text={words} label={t('web.share.copy_again')} />
        {!qr && <button type="button" className="linky" onClick={() => void turn()}><TranslationOutlined aria-hidden /> {t(english ? 'web.share.words_zh' : 'web.share.words_en')}</button>}
        <button type="button" className="linky" onClick={() => setQR(x => !x)}><QrcodeOutlined aria-hidden /> {t(qr ? 'web.share.show_words' : 'web.share.show_qr')}</button>
      </div>
      <p className="f12 t3">{t('web.share.made_until', { at: sayMoment(r.expires) })}</p>
      <div className="form-foot"><Button type="primary" onClick={done}>{t('web.act.done')}</Button><Twice label={t('web.share.take_back')} ask={t('web.share.take_back_ask')} busy={back.isPending} go={() => back.mutate()} /></div>
    </div>
  )
}
