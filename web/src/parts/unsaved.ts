import { useEffect } from 'react'
import { unsaved } from '../api/client'

/** useUnsaved says that something is typed here and not saved yet. */
export function useUnsaved(dirty: boolean) {
  useEffect(() => {
    if (!dirty) return
    const token = {}
    unsaved.add(token)
    return () => { unsaved.delete(token) }
  }, [dirty])
}
