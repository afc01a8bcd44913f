import { InboxOutlined, LockOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useNow } from '../parts/clock'
import { useRef, useState } from 'react'
import * as calls from '../api/calls'
import { isProblem } from '../api/problem'
import { queries } from '../api/queries'
import type { Batch } from '../api/types'
import { saidOf } from '../parts/Fault'
import { canDial } from '../parts/screen'
import { Sending } from '../parts/Sending'
import { t } from '../words'
import { sayFull } from '../words/time'
import { putBatch } from './BatchPage'
import { isPart } from './counts'
import { useSourceLabel } from './History'

const KINDS = '.csv,.tsv,.txt,.xlsx,.jsonl,.ndjson'
const LARGEST = 2 * 1024 ** 3

/** whyNot is what is wrong with a file that can be told by its name and size; "" = nothing. */
function whyNot(file: File): string {
  if (/\.xls$/i.test(file.name)) return t('web.import.file_xls')
  if (!KINDS.split(',').some(k => file.name.toLowerCase().endsWith(k))) return t('web.import.file_kind')
  if (file.size === 0) return t('web.import.file_empty')
  return file.size > LARGEST ? t('web.import.file_large') : ''
}

/** FileStep takes the file, now that the source is declared; not a byte has left before. */
export function FileStep({ b }: { b: Batch }) {
  const input = useRef<HTMLInputElement>(null)
  const stop = useRef<AbortController>(null)
  const [over, setOver] = useState(false)
  const [file, setFile] = useState<File>()
  const [sent, setSent] = useState(0)
  const [wrong, setWrong] = useState('')
  const label = useSourceLabel()
  const now = useNow(15_000, b.opensAt !== undefined)
  const send = useMutation({
    mutationFn: (f: File) => {
      stop.current = new AbortController()
      return calls.sendFile(b.id, f, setSent, stop.current.signal)
    },
    onSuccess: putBatch,
    onError: e => {
      if (isProblem(e) && e.code === 'cancelled') setFile(undefined)
      void queries.invalidateQueries({ queryKey: ['batch', b.id] })
    },
  })
  const take = (f: File | undefined) => {
    if (!f) return
    const why = whyNot(f)
    setWrong(why)
    if (why) return
    setFile(f)
    setSent(0)
    send.mutate(f)
  }
  const busy = send.isPending && file
  const waits = b.opensAt !== undefined && b.opensAt > now
  return (
    <div className="imp-body imp-file">
      <p className="f13 t2">{t('web.import.file_for', { kind: label(b.source) })}</p>
      {isPart(b) && <p className="note-box"><b>{t('web.import.list_is', { what: t(`web.import.list_${b.object}`) })}</b><br />{t('web.import.list_note')}</p>}
      {b.reopens && <p className="note-box">{t('web.reopen.only')}{waits && b.opensAt && ` ${t('web.reopen.opens', { when: sayFull(b.opensAt) })}`}</p>}
      {waits ? null : busy ? <Sending file={file} sent={sent} after={t('web.import.sent')} stop={() => stop.current?.abort()} /> : (
        <div className={over ? 'drop over' : 'drop'} onDragOver={e => { e.preventDefault(); setOver(true) }} onDragLeave={() => setOver(false)} onDrop={e => { e.preventDefault(); setOver(false); take(e.dataTransfer.files[0]) }}>
          <InboxOutlined className="drop-icon" aria-hidden />
          <b>{t(canDial() ? 'web.import.choose_title' : 'web.import.drop')}</b>
          <span className="t3 f13">{t('web.import.kinds')}</span>
          <Button type="primary" onClick={() => input.current?.click()}>{t('web.import.choose')}</Button>
          <input ref={input} type="file" className="sr" tabIndex={-1} accept={KINDS} aria-label={t('web.import.choose')} onChange={e => { take(e.target.files?.[0]); e.target.value = '' }} />
        </div>
      )}
      {wrong && <p className="form-err" role="alert">{wrong}</p>}
      {send.isError && !(isProblem(send.error) && send.error.code === 'cancelled') && <p className="form-err" role="alert">{saidOf(send.error)}</p>}
      <p className="f12 t3"><LockOutlined aria-hidden /> {t('web.import.sealed')}</p>
    </div>
  )
}
