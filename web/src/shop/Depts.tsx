import { DeleteOutlined, EditOutlined } from '@ant-design/icons'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import type { Dept, DeptChange, ID, People } from '../api/types'
import { Head } from '../parts/Section'
import { Sheet } from '../parts/Sheet'
import { Line } from '../parts/Typing'
import { t, tn } from '../words'
import { useAct } from './ask'

interface Node { dept: Dept; depth: number; people: number }

/** ordered lays the tree out line by line. */
function ordered(people: People, parent: ID | undefined, depth: number): Node[] {
  return people.depts.filter(d => (d.parent ?? '') === (parent ?? '')).flatMap(dept => [
    { dept, depth, people: people.members.filter(m => m.active && m.dept === dept.id).length }, ...ordered(people, dept.id, depth + 1),
  ])
}

/** Depts are the departments as a tree. */
export function Depts({ people }: { people: People }) {
  const [form, setForm] = useState<{ dept?: Dept; parent?: ID }>()
  const remove = useAct('people', calls.dropDept, t('web.depts.removed'))
  return (
    <section>
      <Head title={t('web.depts.title')} count={people.depts.length}><button type="button" className="linky" onClick={() => setForm({ parent: people.depts.find(d => !d.parent)?.id })}>{t('web.act.add')}</button></Head>
      <ul className="depts">
        {ordered(people, undefined, 0).map(n => (
          <li key={n.dept.id} style={{ paddingLeft: 16 + n.depth * 24 }}>
            <span className="grow">{n.dept.name} <span className="t3 f12">{tn('web.depts.people', n.people)}</span></span>
            <button type="button" className="icon-btn" aria-label={t('web.depts.change', { name: n.dept.name })} onClick={() => setForm({ dept: n.dept, parent: n.dept.parent })}><EditOutlined aria-hidden /></button>
            {n.people === 0 && !people.depts.some(d => d.parent === n.dept.id) && <button type="button" className="icon-btn" aria-label={t('web.depts.remove', { name: n.dept.name })} onClick={() => remove.mutate(n.dept.id)}><DeleteOutlined aria-hidden /></button>}
          </li>
        ))}
      </ul>
      <Sheet open={form !== undefined} onClose={() => setForm(undefined)} title={t(form?.dept ? 'web.depts.edit' : 'web.depts.new')} width={400}>{form && <Form people={people} dept={form.dept} parent={form.parent} done={() => setForm(undefined)} />}</Sheet>
    </section>
  )
}

function Form({ people, dept, parent, done }: { people: People; dept?: Dept; parent?: ID; done: () => void }) {
  const [name, setName] = useState(dept?.name ?? '')
  const [above, setAbove] = useState(parent ?? '')
  const save = useAct('people', (c: DeptChange) => (dept ? calls.changeDept(dept.id, c) : calls.addDept(c)), () => done())
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (name.trim()) save.mutate({ name: name.trim(), ...(above ? { parent: above } : {}) }) }}>
      <div className="field"><label className="label" htmlFor="dept-name">{t('web.depts.name')}</label><Line id="dept-name" autoFocus maxLength={40} value={name} onChange={e => setName(e.target.value)} autoComplete="off" /></div>
      <label className="field"><span className="label">{t('web.depts.above')}</span><select className="kx-input" value={above} onChange={e => setAbove(e.target.value)}><option value="">{t('web.depts.none_above')}</option>{people.depts.filter(d => d.id !== dept?.id).map(d => <option key={d.id} value={d.id}>{d.name}</option>)}</select></label>
      <div className="form-foot"><Button type="primary" htmlType="submit" loading={save.isPending} disabled={!name.trim()}>{t('web.act.save')}</Button></div>
    </form>
  )
}
