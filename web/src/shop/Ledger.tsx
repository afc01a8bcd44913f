import { CheckCircleFilled, WarningFilled } from '@ant-design/icons'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useMe } from '../api/person'
import { faultOf } from '../api/queries'
import type { Ledger, LedgerEntry } from '../api/types'
import { Copy } from '../parts/Copy'
import { Fault, Nothing } from '../parts/Fault'
import { Facts, Head } from '../parts/Section'
import { Sheet } from '../parts/Sheet'
import { Wait } from '../parts/Wait'
import { figures, has, t, tn } from '../words'
import { positionWord } from '../words/position'
import { sayFull, sayMoment } from '../words/time'

/** LedgerPlace is the log 留痕: how it stands, what happened, how to check it without us. */
export function LedgerPlace() {
  const [entry, setEntry] = useState<LedgerEntry>()
  const q = useInfiniteQuery({ queryKey: ['ledger'], queryFn: ({ pageParam }) => calls.ledger(pageParam), initialPageParam: '', getNextPageParam: l => l.next || undefined })
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  const first = q.data?.pages[0]
  if (!first) return <Wait rows={8} />
  const entries = (q.data?.pages ?? []).flatMap(p => p.entries)
  return (
    <>
      <Verdict l={first} />
      <section>
        <Head title={t('web.ledger.entries')} count={t('web.ledger.newest')} />
        {entries.length === 0 ? <Nothing title={t('web.ledger.none')} /> : <Table entries={entries} open={setEntry} />}
        {q.hasNextPage && <div className="pad more-row"><Button loading={q.isFetchingNextPage} onClick={() => void q.fetchNextPage()}>{t('web.timeline.more')}</Button></div>}
      </section>
      <Check l={first} />
      <Sheet open={entry !== undefined} onClose={() => setEntry(undefined)} title={entry ? (entry.index < 0 ? t('web.ledger.unsealed') : t('web.ledger.nth', { n: figures(entry.index) })) : ''} width={560}>{entry && <Entry e={entry} />}</Sheet>
    </>
  )
}

const LATE = 60

/** Verdict comes first: is it whole, how far is it sealed, who else holds a copy of the seal. */
function Verdict({ l }: { l: Ledger }) {
  const late = l.lag > LATE || l.stopped
  return (
    <div className="verdict">
      {late ? <WarningFilled className="wa" aria-hidden /> : <CheckCircleFilled className="okc" aria-hidden />}
      <div className="grow"><b className="f16">{tn('web.ledger.size', l.size)}</b><div className="f13 t2">{l.stopped ? t('web.ledger.stopped') : late ? t('web.ledger.late', { n: l.lag }) : t('web.ledger.sealed')}</div></div>
      <div className="grade"><span className="f12 t3">{t('web.ledger.witness')}</span><b className={l.grade === 'none' ? 'wa' : undefined}>{t(`web.ledger.grade_${l.grade}`, { n: l.witnesses })}</b></div>
    </div>
  )
}

function Table({ entries, open }: { entries: LedgerEntry[]; open: (e: LedgerEntry) => void }) {
  const { size } = useMe().org
  return (
    <div className="ledger-scroll">
      <table className="ledger">
        <caption className="sr">{t('web.ledger.entries')}</caption>
        <thead><tr><th scope="col" className="r">{t('web.ledger.col_index')}</th><th scope="col">{t('web.ledger.col_at')}</th><th scope="col">{t('web.ledger.col_who')}</th><th scope="col">{t('web.ledger.col_what')}</th></tr></thead>
        <tbody>{entries.map(e => (
          <tr key={e.id}><td className="r t3 index">{e.index < 0 ? t('web.ledger.waiting') : figures(e.index)}</td><td className="nw">{sayMoment(e.at)}</td><td>{e.actor}{e.position && <> <span className="t3 f12 nowrap">{positionWord(e.position, size)}</span></>}</td><td><button type="button" className="linky ledger-text" onClick={() => open(e)}>{e.text}</button></td></tr>
        ))}</tbody>
      </table>
    </div>
  )
}

const factWord = (k: string) => { const key = `web.ledger.fact_${k}`; return has(key) ? t(key) : k }

function Entry({ e }: { e: LedgerEntry }) {
  const { size } = useMe().org
  return (
    <Facts wide items={[
      ['text', t('web.ledger.col_what'), e.text], ['at', t('web.ledger.col_at'), sayFull(e.at)], ['who', t('web.ledger.col_who'), `${e.actor} ${e.position ? positionWord(e.position, size) : ''}`],
      ...Object.entries(e.facts ?? {}).map(([k, v]): [string, string, string] => [k, factWord(k), v]),
      ['type', t('web.ledger.type'), <span key="t" className="mono">{e.type}</span>], ['hash', t('web.ledger.hash'), <span key="h" className="mono">{e.hash}</span>],
    ]} />
  )
}

/** Check says how to verify without this program, and what that does not prove. */
function Check({ l }: { l: Ledger }) {
  return (
    <section>
      <Head title={t('web.ledger.check')} />
      <div className="pad col gap12">
        <p className="f13 t2">{t('web.ledger.check_text')}</p>
        <pre className="command mono">kexin verify evidence.json</pre>
        <p className="f13 t2">{t('web.ledger.check_page')} <a href="/verify" target="_blank" rel="noreferrer">/verify</a></p>
        <div className="field"><span className="label">{t('web.ledger.day_line')}</span><pre className="command mono">{l.checkpoint}</pre><div><Copy text={l.checkpoint} /></div><span className="note">{t('web.ledger.checkpoint_note')}</span></div>
        <div className="field"><span className="label">{t('web.ledger.key')}</span><pre className="command mono">{l.key}</pre><div><Copy text={l.key} /></div><span className="note">{t('web.ledger.key_note')}</span></div>
        {l.grade !== 'members' && <p className="note-box wa">{t('web.ledger.grade_note')}</p>}
      </div>
    </section>
  )
}
