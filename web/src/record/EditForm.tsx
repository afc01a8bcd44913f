import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useEffect, useState } from 'react'
import * as calls from '../api/calls'
import { isProblem } from '../api/problem'
import { afterWrite, put } from '../api/queries'
import type { Field, ObjectDef, Rec } from '../api/types'
import { drafts } from '../api/unsaved'
import { Value } from '../cell/Value'
import { FieldInput } from '../form/FieldInput'
import { useForm } from '../form/useForm'
import { isWritable } from '../form/values'
import { saidOf } from '../parts/Fault'
import { said } from '../parts/toast'
import { t } from '../words'
import { colon } from '../words/join'
import { clearValues } from './facts'
import { MaybeSame, sameIn } from './MaybeSame'
import '../form/form.css'

interface Change { field: Field; was: Rec['fields'][number] | undefined; is: Rec['fields'][number] | undefined }

/** changesBetween lists what somebody else changed since the form was opened. */
function changesBetween(object: ObjectDef, was: Rec, is: Rec): Change[] {
  const at = (r: Rec, n: string) => r.fields.find(f => f.name === n)
  return object.fields.map(field => ({ field, was: at(was, field.name), is: at(is, field.name) })).filter(c => JSON.stringify(c.was?.value) !== JSON.stringify(c.is?.value))
}

const isStale = (e: unknown) => isProblem(e) && e.status === 409 && e.law !== 'E_MAYBE_SAME'

/** begun is the record as it was when a form with a draft was opened: what others changed since then is still a conflict. */
const begun = new Map<string, Rec>()

/**
 * EditForm changes some fields of a record in place; a conflict shows what changed and keeps what was typed. With a draft's name what was typed
 * outlives another tab and another record, until it is saved or given up.
 */
export function EditForm({ rec, object, fields, done, draft = '' }: { rec: Rec; object: ObjectDef; fields: Field[]; done: () => void; draft?: string }) {
  const [base, setBase] = useState(() => (drafts.has(draft) ? begun.get(draft) : undefined) ?? rec)
  useEffect(() => { if (draft) begun.set(draft, base) }, [draft, base])
  const [changes, setChanges] = useState<Change[]>()
  const shown = fields.filter(isWritable)
  const hidden = rec.fields.filter(f => f.level !== 'clear').map(f => f.name)
  const form = useForm(shown, clearValues(base), { hidden, draft })
  const leave = () => { form.saved(); begun.delete(draft); done() }
  const save = useMutation({
    mutationFn: (same: 'different' | undefined) => calls.change(object.plural, rec.id, { rev: base.rev, fields: form.changes(), ...(same ? { same } : {}) }),
    onSuccess: () => {
      said(t('web.form.saved'))
      afterWrite(object.plural, rec.id)
      leave()
    },
    onError: async e => {
      form.refuse(e)
      if (!isStale(e)) return
      const fresh = await calls.record(object.plural, rec.id).catch(() => undefined)
      if (!fresh) return
      setChanges(changesBetween(object, base, fresh))
      setBase(fresh)
      await put(['record', object.plural, rec.id], fresh)
    },
  })
  const same = sameIn(save.error)
  const send = () => {
    if (!form.ready(shown)) return
    if (Object.keys(form.changes()).length === 0) return leave()
    save.mutate(undefined)
  }
  return (
    <form className="form" noValidate onSubmit={e => { e.preventDefault(); send() }} onKeyDown={e => { if (e.key === 'Escape') { e.stopPropagation(); e.nativeEvent.stopImmediatePropagation(); leave() } }}>
      {form.found && !changes && <p className="note-box">{t('web.new.found')}</p>}
      {changes && <Conflict changes={changes} names={base.names} />}
      {shown.map((f, i) => (
        <FieldInput key={f.name} field={f} value={form.typed[f.name] ?? ''} onChange={v => { form.set(f.name, v); if (save.isError) save.reset() }} onBlur={() => form.blur(f)} error={same ? '' : form.errors[f.name]} autoFocus={i === 0 && !form.found}
          hint={hidden.includes(f.name) ? t('web.form.masked_hint') : undefined} />
      ))}
      {same && <MaybeSame same={same} busy={save.isPending} different={() => save.mutate('different')} />}
      {save.isError && !same && !isStale(save.error) && <p className="form-err" role="alert">{saidOf(save.error)}</p>}
      <div className="form-foot">
        <Button type="primary" htmlType="submit" loading={save.isPending}>{changes ? t('web.form.save_anyway') : t('web.act.save')}</Button>
        <Button onClick={leave}>{t('web.act.cancel')}</Button>
      </div>
    </form>
  )
}

function Conflict({ changes, names }: { changes: Change[]; names?: Rec['names'] }) {
  return (
    <div className="note-box wa" role="alert">
      <b>{t(changes.length > 0 ? 'web.form.conflict' : 'web.form.conflict_masked')}</b>
      <ul>{changes.map(c => <li key={c.field.name}>{c.field.label}{colon()}<Value field={c.field} value={c.was?.value ?? null} names={names} /> → <Value field={c.field} value={c.is?.value ?? null} names={names} /></li>)}</ul>
      {t('web.form.conflict_kept')}
    </div>
  )
}
