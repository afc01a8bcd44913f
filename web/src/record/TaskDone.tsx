import { useMutation } from '@tanstack/react-query'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
import { afterWrite } from '../api/queries'
import type { Row } from '../api/types'
import { failed, said } from '../parts/toast'
import { t } from '../words'
import { moment } from '../words/moment'

/** TaskDone ticks a task off, and back. It rests until the row is there as it is now: a second tap would say the first again. */
export function TaskDone({ row, title }: { row: Row; title: string }) {
  const done = typeof row.cells.done_at === 'number'
  const edits = useCan('edit')
  const turn = useMutation({
    mutationFn: () => calls.change('tasks', row.id, { rev: row.rev, fields: { done_at: done ? null : moment() } }),
    onSuccess: () => { said(t(done ? 'web.task.reopened' : 'web.task.done')); return afterWrite('tasks', row.id) }, onError: failed,
  })
  return <label className="tick"><input type="checkbox" className="task-tick" checked={done} disabled={turn.isPending || !edits} aria-label={t('web.task.tick', { title })} onChange={() => turn.mutate()} /></label>
}
