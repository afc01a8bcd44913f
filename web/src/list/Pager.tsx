import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button } from '../parts/Button'
import type { ObjectDef, Page } from '../api/types'
import { t } from '../words'
import { stateOf } from './state'

const SIZE = 50

/** Pager goes page by page; there is no total, because counting is a question of its own. */
export function Pager({ object, page, busy }: { object: ObjectDef; page: Page; busy: boolean }) {
  const s = stateOf(object.plural)
  const depth = s.use().cursors.length
  const first = depth * SIZE + 1
  const step = (cursors: (old: string[]) => string[]) => {
    s.set(old => ({ ...old, cursors: cursors(old.cursors) }))
    document.querySelector('.list-scroll')?.scrollTo({ top: 0 })
  }
  const next = page.next
  if (depth === 0 && !next) return <div className="pager"><span>{t('web.pager.all', { n: page.rows.length })}</span></div>
  return (
    <nav className="pager" aria-label={t('web.pager.label')}>
      <span>{t('web.pager.range', { from: first, to: first + page.rows.length - 1 })}</span>
      <span className="grow" />
      <Button size="small" icon={<LeftOutlined />} disabled={depth === 0 || busy} onClick={() => step(c => c.slice(0, -1))}>{t('web.pager.previous')}</Button>
      <Button size="small" disabled={!next || busy} onClick={() => next && step(c => [...c, next])}>{t('web.pager.next')}<RightOutlined aria-hidden /></Button>
    </nav>
  )
}
