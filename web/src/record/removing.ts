import * as calls from '../api/calls'
import { afterWrite } from '../api/queries'
import { store } from '../api/store'
import type { ID, Plural } from '../api/types'
import { UNDO_MS, failed, undoable } from '../parts/toast'
import { t } from '../words'

/** removing are the records that are about to go; lists leave them out. */
export const removing = store<ReadonlySet<ID>>(new Set())

const without = (id: ID) => removing.set(all => new Set([...all].filter(x => x !== id)))

/** removeSoon deletes a record after some seconds in which it can be taken back; leaving the page deletes at once. */
export function removeSoon(plural: Plural, id: ID, rev: number, label: string) {
  removing.set(all => new Set([...all, id]))
  let over = false
  const settle = () => {
    over = true
    clearTimeout(timer)
    removeEventListener('pagehide', leave)
  }
  const go = (keepalive: boolean) => {
    if (over) return
    settle()
    calls.remove(plural, id, rev, keepalive).then(() => afterWrite(plural), failed).finally(() => without(id))
  }
  const leave = () => go(true)
  const timer = setTimeout(() => go(false), UNDO_MS)
  addEventListener('pagehide', leave)
  undoable(t('web.remove.done', { object: label }), () => {
    if (over) return
    settle()
    without(id)
  })
}
