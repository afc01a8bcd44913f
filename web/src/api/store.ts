import { useSyncExternalStore } from 'react'

/** A Store is one value that components watch. It lives as long as the page. */
export interface Store<T> { get(): T; set(next: T | ((old: T) => T)): void; use(): T }

export function store<T>(first: T): Store<T> {
  let value = first
  const watchers = new Set<() => void>()
  const watch = (w: () => void) => { watchers.add(w); return () => { watchers.delete(w) } }
  const get = () => value
  return {
    get,
    set(next) {
      value = typeof next === 'function' ? (next as (old: T) => T)(value) : next
      watchers.forEach(w => w())
    },
    use: () => useSyncExternalStore(watch, get),
  }
}

/** kept is a store whose value outlives the page. Never for personal data. */
export function kept<T extends string>(key: string, allowed: readonly T[], first: T): Store<T> {
  const s = store(read())
  function read(): T {
    try {
      const v = localStorage.getItem(key)
      return allowed.find(a => a === v) ?? first
    } catch { return first }
  }
  return {
    ...s,
    set(next) {
      s.set(next)
      try { localStorage.setItem(key, s.get()) } catch { /* private window: it lasts as long as the page */ }
    },
  }
}
