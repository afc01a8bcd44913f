import { FileExcelOutlined } from '@ant-design/icons'
import { useState } from 'react'
import type { Batch, BatchChange } from '../api/types'
import { t, tn, type Key } from '../words'
import { isPart, pluralOf } from './counts'
import { useSourceLabel } from './History'

const DELIMITERS: [string, Key][] = [[',', 'web.import.delim_comma'], ['\t', 'web.import.delim_tab'], [';', 'web.import.delim_semicolon'], ['|', 'web.import.delim_bar']]

const ENCODINGS = ['utf-8', 'gb18030', 'utf-16le', 'utf-16be', 'big5']

/** FormatBar is what was found in the file; each point can be corrected and the samples below follow. */
export function FormatBar({ b, change, busy }: { b: Batch; change: (c: BatchChange) => void; busy: boolean }) {
  const [open, setOpen] = useState(!b.sure)
  const label = useSourceLabel()
  const facts = [b.format?.toUpperCase(), b.sheet, tn('web.import.rows', b.rows), tn('web.import.n_columns', b.columns.length), b.encoding?.toUpperCase(), b.skipped > 0 ? t('web.import.skipped', { n: b.skipped }) : ''].filter(Boolean)
  return (
    <div className="format">
      <div className="row format-head">
        <span className="format-icon"><FileExcelOutlined aria-hidden /></span>
        <div className="grow"><b className="b5">{isPart(b) ? t('web.import.list_of', { what: t(`web.nav.${pluralOf(b.object)}`), source: label(b.source) }) : label(b.source)}</b><div className="f12 t3">{facts.join(' · ')}</div></div>
        <button type="button" className="linky f13" aria-expanded={open} onClick={() => setOpen(!open)}>{t('web.import.format_fix')}</button>
      </div>
      {!b.sure && <p className="note-box wa" role="status">{t('web.import.unsure')}</p>}
      {open && <Fix b={b} change={change} busy={busy} />}
    </div>
  )
}

function Fix({ b, change, busy }: { b: Batch; change: (c: BatchChange) => void; busy: boolean }) {
  const encodings = [...new Set([...(b.encoding ? [b.encoding] : []), ...(b.encodings ?? ENCODINGS)])]
  return (
    <div className="format-fix">
      {b.encoding && <Pick label={t('web.import.encoding')} value={b.encoding} busy={busy} options={encodings.map(e => [e, e.toUpperCase()])} set={encoding => change({ encoding })} />}
      {b.delimiter && <Pick label={t('web.import.delimiter')} value={b.delimiter} busy={busy} options={DELIMITERS.map(([d, k]) => [d, t(k)])} set={delimiter => change({ delimiter })} />}
      {b.sheets && b.sheets.length > 1 && <Pick label={t('web.import.sheet')} value={b.sheet ?? ''} busy={busy} options={b.sheets.map(s => [s, s])} set={sheet => change({ sheet })} />}
      {b.header !== undefined && <Pick label={t('web.import.header')} value={String(b.header)} busy={busy} options={headers(b.header)} set={h => change({ header: Number(h) })} />}
    </div>
  )
}

/** HEADER_WITHIN is how far down a header is looked for. */
const HEADER_WITHIN = 30

/** headers are the rows that may be the header, after "there is none" (-1). */
const headers = (now: number): [string, string][] => [['-1', t('web.import.header_none')], ...Array.from({ length: Math.max(HEADER_WITHIN, now) }, (_, i): [string, string] => [String(i + 1), t('web.import.header_row', { n: i + 1 })])]

function Pick({ label, value, options, set, busy }: { label: string; value: string; options: [string, string][]; set: (v: string) => void; busy: boolean }) {
  return (
    <label className="field"><span className="label">{label}</span>
      <select className="kx-input" value={value} disabled={busy} onChange={e => set(e.target.value)}>{options.map(([v, l]) => <option key={v} value={v}>{l}</option>)}</select>
    </label>
  )
}
