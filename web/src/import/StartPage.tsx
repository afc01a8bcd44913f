import { StopOutlined } from '@ant-design/icons'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { isProblem } from '../api/problem'
import { useCan, useMe } from '../api/person'
import { faultOf, put } from '../api/queries'
import type { ListName, Manifest, SourceKind, Sources } from '../api/types'
import { ChooseOne } from '../parts/Choose'
import { Fault, saidOf } from '../parts/Fault'
import { useOnce } from '../parts/once'
import { Wait } from '../parts/Wait'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { t } from '../words'
import { todayDay } from '../words/time'
import { LISTS } from './counts'
import { History } from './History'
import { Steps } from './Steps'
import './import.css'

/** StartPage asks where a list comes from, before any file can be chosen. */
export default function StartPage() {
  const may = useCan('import')
  const [past, setPast] = useState(false)
  const q = useQuery({ queryKey: ['sources'], queryFn: calls.sources, staleTime: Infinity, enabled: may })
  const reads = useCan('ledger')
  if (!may && reads) return <Page title={t('web.import.history')} bare><History /></Page>
  if (!may) return <Forbidden title={t('web.nav.import')} />
  return (
    <Page title={t('web.nav.import')} sub={past ? undefined : <Steps at="source" />} actions={<Button onClick={() => setPast(!past)}>{t(past ? 'web.import.fresh' : 'web.import.history')}</Button>} bare>
      {past ? <History /> : faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : q.data ? <Start sources={q.data} /> : <Wait rows={8} />}
    </Page>
  )
}

type Collected = Manifest['collected']

/** PUBLIC is the source of which page and day are asked (IMP-08). */
const PUBLIC = 'public_web'

function Start({ sources }: { sources: Sources }) {
  const [kind, setKind] = useState<SourceKind>()
  const asked = useSearch({ from: '/import' }).list ?? 'customer'
  const [list, setList] = useState<ListName>(asked)
  const lawful = sources.kinds.filter(k => k.lawful), unlawful = sources.kinds.filter(k => !k.lawful)
  const refused = kind && !kind.lawful
  return (
    <div className="imp">
      <div className="imp-main">
        {refused ? <Unlawful kind={kind} back={() => setKind(undefined)} /> : <Lawful kinds={lawful} kind={kind} setKind={setKind} list={list} setList={setList} declaration={sources.declaration} />}
      </div>
      <aside className="imp-aside" aria-label={t('web.import.why_title')}>
        <h2>{t('web.import.why_title')}</h2>
        <p>{t('web.import.why_text')}</p>
        <p className="imp-case">{t('web.import.case')}</p>
        <h2><StopOutlined className="no" aria-hidden /> {t('web.import.not_these')}</h2>
        <ul className="imp-not">{unlawful.map(k => <li key={k.code}><button type="button" aria-pressed={kind?.code === k.code} onClick={() => setKind(k)}><b>{k.label}</b><span>{k.why}</span></button></li>)}</ul>
        <p className="f12 t3">{t('web.import.not_note')}</p>
        <p className="f12 t3">{t('web.import.basis')}</p>
      </aside>
    </div>
  )
}

/** Unlawful says why a list cannot come in and what to do instead; there is no file to choose. */
function Unlawful({ kind, back }: { kind: SourceKind; back: () => void }) {
  return (
    <div key={kind.code} ref={e => e?.scrollIntoView({ block: 'nearest' })} className="imp-refused" role="alert">
      <h2><StopOutlined aria-hidden /> {t('web.import.refused_kind', { kind: kind.label })}</h2>
      <p>{kind.why}</p>
      <p>{t('web.import.refused_text')}</p>
      <h3>{t('web.import.instead')}</h3>
      <ul>{(['qr', 'poster', 'card'] as const).map(w => <li key={w}>{t(`web.import.way_${w}`)}</li>)}</ul>
      <Button onClick={back}>{t('web.import.other_source')}</Button>
    </div>
  )
}

interface LawfulProps { kinds: SourceKind[]; kind?: SourceKind; setKind: (k: SourceKind) => void; list: ListName; setList: (l: ListName) => void; declaration: string }

/** WhatList says what the list holds. Most are of customers, so the others unfold. */
function WhatList({ list, setList }: { list: ListName; setList: (l: ListName) => void }) {
  const [open, setOpen] = useState(list !== 'customer')
  if (!open) return <button type="button" className="linky f13 what-list" aria-expanded={false} onClick={() => setOpen(true)}>{t('web.import.list_other')}</button>
  return (
    <div className="what-list">
      <ChooseOne<ListName> legend={t('web.import.list')} value={list} onChange={l => setList(l || 'customer')} options={LISTS.map(value => ({ value, label: t(`web.import.list_${value}`) }))} />
      {list !== 'customer' && <p className="f13 t2">{t('web.import.list_note')}</p>}
      {(list === 'order' || list === 'contact') && <p className="f13 t2">{t(`web.import.list_note_${list}`)}</p>}
    </div>
  )
}

function Lawful({ kinds, kind, setKind, list, setList, declaration }: LawfulProps) {
  const [page, setPage] = useState('')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [collected, setCollected] = useState<Collected | ''>('')
  const [accept, setAccept] = useState(false)
  const [missing, setMissing] = useState(false)
  const go = useNavigate()
  const me = useMe()
  const once = useOnce()
  const declare = useMutation({
    mutationFn: (m: Manifest) => calls.declare(m, once.get().key),
    onSuccess: async b => { once.renew(); await put(['batch', b.id], b); void go({ to: '/import/$batch', params: { batch: b.id } }) },
  })
  const open = kind?.code === PUBLIC, unread = open && (!page.trim() || !from)
  const send = () => {
    if (!kind || !collected || !accept || unread) return setMissing(true)
    declare.mutate({ ...(list !== 'customer' ? { object: list } : {}), source: kind.code, collected, accept, ...(open ? { page: page.trim() } : {}), ...(from ? { from } : {}), ...(to && !open ? { to } : {}) })
  }
  return (
    <form className="imp-form" onSubmit={e => { e.preventDefault(); send() }}>
      <div className="imp-body">
        <fieldset className="kinds">
          <legend><span className="imp-title">{t('web.import.where')}</span><span className="t2 f13">{t('web.import.where_note')}</span></legend>
          {kinds.map(k => (
            <label key={k.code} className={k.code === kind?.code ? 'on' : undefined}>
              <input type="radio" name="kind" checked={k.code === kind?.code} onChange={() => setKind(k)} />
              <span><b>{k.label}</b><span>{k.why}</span></span>
            </label>
          ))}
        </fieldset>
        <WhatList list={list} setList={setList} />
        <div className="imp-fields">
          <ChooseOne<Collected> legend={t('web.import.collected')} value={collected} onChange={setCollected} options={(['staff', 'customer', 'system'] as const).map(value => ({ value, label: t(`web.import.collected_${value}`) }))} />
          {open && <label className="page-of"><span>{t('web.import.page')}</span><input type="url" inputMode="url" className="kx-input" placeholder={t('web.import.page_hint')} maxLength={500} value={page} onChange={e => setPage(e.target.value)} /></label>}
          <fieldset className="range"><legend>{t(open ? 'web.import.page_when' : 'web.import.when')}{!open && <span className="opt t3 f12"> {t('web.form.optional')}</span>}</legend>
            <input type="date" className="kx-input" aria-label={t(open ? 'web.import.page_when' : 'web.import.from')} max={to || todayDay()} value={from} onChange={e => setFrom(e.target.value)} />{!open && <><span className="t3">{t('web.filter.to_word')}</span>
            <input type="date" className="kx-input" aria-label={t('web.import.to')} min={from || undefined} max={todayDay()} value={to} onChange={e => setTo(e.target.value)} /></>}
          </fieldset>
        </div>
        <label className="imp-declare"><input type="checkbox" checked={accept} onChange={e => setAccept(e.target.checked)} /><span>{declaration}<span className="t3">{t('web.import.declared_by', { name: me.name })}</span></span></label>
        {missing && (!kind || !collected || !accept || unread) && <p className="form-err" role="alert">{t(!kind ? 'web.import.need_kind' : open && !page.trim() ? 'web.import.need_page' : unread ? 'web.import.need_page_day' : !collected ? 'web.import.need_collected' : 'web.import.need_accept')}</p>}
        {declare.isError && <p className="form-err" role="alert">{saidOf(declare.error)}{isProblem(declare.error) && declare.error.body.ref && <span className="f12"> {declare.error.body.ref}</span>}</p>}
      </div>
      <div className="imp-foot"><span className="t2 f13 grow">{t('web.import.file_later')}</span><Button type="primary" htmlType="submit" loading={declare.isPending}>{t('web.import.go_file')}</Button></div>
    </form>
  )
}
