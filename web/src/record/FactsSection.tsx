import { useRef, useState } from 'react'
import type { Field, ObjectDef, Rec } from '../api/types'
import { drafts } from '../api/unsaved'
import { isEmpty } from '../cell/read'
import { isWritable } from '../form/values'
import { Facts, Head } from '../parts/Section'
import { useKeys } from '../parts/keyboard'
import { t, tn } from '../words'
import { EditForm } from './EditForm'
import { factsOf, partOf as classPart, PARTS, type Fact, type Part } from './facts'
import { FactView } from './FactView'

const IN_HEADER = new Set(['name', 'owner', 'tags', 'customer', 'order'])

/** FactsSections are the facts of a record by kind, each edited in its place. */
export function FactsSections({ rec, object }: { rec: Rec; object: ObjectDef }) {
  const whole = object.plural !== 'customers'
  const partOf = (f: Field): Part => (whole ? 'basic' : classPart(f))
  const title = (p: Part) => (whole ? t('web.record.tab_facts') : t(`web.part.${p}`))
  const facts = factsOf(rec, object)
  const draftOf = (p: Part) => `${object.plural}/${rec.id}/${p}`
  const begun = () => PARTS.find(p => drafts.has(draftOf(p))) // what was typed and not saved lies open
  const [editing, setEditing] = useState(begun)
  const left = useRef<Part>(undefined) // the part whose form was just closed: the focus goes back to its button
  const back = (part: Part) => (b: HTMLButtonElement | null) => { if (b && left.current === part) { left.current = undefined; b.focus() } }
  const canEdit = rec.can.includes('edit')
  const shown = PARTS.filter(p => facts.some(f => partOf(f.field) === p))
  useKeys({ e: e => { const first = shown.find(p => facts.some(f => partOf(f.field) === p && isWritable(f.field))); if (canEdit && !editing && first) { e.preventDefault(); setEditing(first) } } })
  return (
    <>
      {shown.map(part => {
        const own = facts.filter(f => partOf(f.field) === part)
        const edits = canEdit && own.some(f => isWritable(f.field))
        return (
          <section key={part} className="facts" aria-label={title(part)}>
            <Head title={title(part)}>{edits && editing !== part && <button type="button" className="linky" ref={back(part)} onClick={() => setEditing(part)}>{t('web.act.edit')}<span className="sr"> {title(part)}</span></button>}</Head>
            {editing === part
              ? <div className="pad"><EditForm rec={rec} object={object} fields={own.map(f => f.field).filter(f => f.ref !== 'order')} draft={draftOf(part)} done={() => { left.current = part; setEditing(begun()) }} /></div>
              : <Shown facts={own.filter(f => !IN_HEADER.has(f.field.name))} rec={rec} object={object} />}
          </section>
        )
      })}
    </>
  )
}

function Shown({ facts, rec, object }: { facts: Fact[]; rec: Rec; object: ObjectDef }) {
  const [all, setAll] = useState(false)
  const filled = facts.filter(f => f.seen.level !== 'clear' || !isEmpty(f.seen.value))
  const rest = facts.length - filled.length
  const list = all ? facts : filled
  const texts = list.flatMap(f => (f.seen.level !== 'clear' && f.seen.reason ? [f.seen.reason.text] : []))
  const shared = [...new Set(texts.filter((text, i) => texts.indexOf(text) !== i))] // said once for all whom it is about
  return (
    <>
      {list.length > 0 && <Facts items={list.map(f => [f.field.name, f.field.label, <FactView key={f.field.name} fact={f} plural={object.plural} id={rec.id} names={rec.names} quiet={f.seen.reason && shared.includes(f.seen.reason.text)} />])} />}
      {shared.map(text => <p key={text} className="f12 t3 facts-why">{text}</p>)}
      {rest > 0 && <button type="button" className="linky f12 facts-more" aria-expanded={all} onClick={() => setAll(!all)}>{all ? t('web.record.less') : tn('web.record.unfilled', rest)}</button>}
    </>
  )
}
