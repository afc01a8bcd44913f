import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import type { Batch } from '../api/types'
import { Meter } from '../parts/Section'
import { failed } from '../parts/toast'
import { figures, t } from '../words'
import { putBatch } from './BatchPage'
import { pluralOf } from './counts'

/** Waits says why nothing moves: the machine is at fault, and it goes on by itself. */
const Waits = ({ b }: { b: Batch }) => (b.error ? <p className="note-box wa" role="status">{t('web.import.waiting', { why: b.error.text })}</p> : null)

/** useCancel stops an import; before anything is stored its file is destroyed at once. */
export function useCancel(b: Batch) {
  return useMutation({ mutationFn: () => calls.cancelBatch(b.id), onSuccess: putBatch, onError: failed })
}

/** ReadingStep waits for the file to be read. */
export function ReadingStep({ b }: { b: Batch }) {
  const cancel = useCancel(b)
  return (
    <div className="imp-body imp-file">
      <div className="sending" role="status">
        <b>{t('web.import.reading')}</b>
        <Meter tall part={b.total > 0 ? b.done : 0} whole={Math.max(1, b.total)} label={t('web.import.reading')} />
        <Waits b={b} />
        <div className="row f13 t2"><span className="grow">{b.total > 0 ? t('web.import.reading_n', { done: figures(b.done), total: figures(b.total) }) : t('web.import.leave')}</span><Button size="small" loading={cancel.isPending} onClick={() => cancel.mutate()}>{t('web.act.cancel')}</Button></div>
      </div>
    </div>
  )
}

/** RunningStep counts the rows that are saved; one may leave and come back. */
export function RunningStep({ b }: { b: Batch }) {
  const cancel = useCancel(b)
  const go = useNavigate()
  return (
    <div className="imp-form">
      <div className="imp-body imp-file">
        <div className="sending" role="status" aria-live="off">
          <h2>{t(b.state === 'queued' ? 'web.import.queued' : 'web.import.running')}</h2>
          <p className="result-n"><span className="kpi">{figures(b.done)}</span> <span className="t2 f13">{t('web.import.saved_of', { total: figures(b.total) })}</span></p>
          <Meter tall part={b.done} whole={Math.max(1, b.total)} label={t('web.import.running')} />
          <Waits b={b} />
          <p className="f13 t2">{t('web.import.running_note')}</p>
        </div>
      </div>
      <div className="imp-foot"><span className="t2 f13 grow only-wide">{t('web.import.leave')}</span><Button loading={cancel.isPending} onClick={() => cancel.mutate()}>{t('web.import.stop')}</Button><Button type="primary" onClick={() => void go({ to: '/$plural', params: { plural: pluralOf(b.object) } })}>{t('web.import.background', { what: t(`web.nav.${pluralOf(b.object)}`) })}</Button></div>
    </div>
  )
}

/** HaltedStep is an import that was tried in vain too often: what is saved stays; it goes on, or ends here. */
export function HaltedStep({ b }: { b: Batch }) {
  const cancel = useCancel(b)
  const on = useMutation({ mutationFn: () => calls.confirmBatch(b.id, b.version), onSuccess: putBatch, onError: failed })
  return (
    <div className="imp-form">
      <div className="imp-body imp-file">
        <div className="sending" role="alert">
          <h2>{t('web.import.halted_title')}</h2>
          <p className="result-n">{t('web.import.halted_saved', { n: figures(b.done), total: figures(b.total) })}</p>
          <Meter tall part={b.done} whole={Math.max(1, b.total)} label={t('web.import.halted_title')} />
          <p className="note-box wa">{b.error?.text}</p>
        </div>
      </div>
      <div className="imp-foot"><span className="grow" /><Button loading={cancel.isPending} onClick={() => cancel.mutate()}>{t('web.import.stop')}</Button><Button type="primary" loading={on.isPending} onClick={() => on.mutate()}>{t('web.import.go_on')}</Button></div>
    </div>
  )
}
