package lite

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// The pages of SQLite's caches have one size, a little above 4 KiB, for which
// the allocator below SQLite takes 8 KiB, and it returns to the system what a
// cache lets go of, as a reader's does whenever something was written. They are
// kept here instead: slots in one stretch of memory, of which only what was
// ever used is real. Everything else, and what finds no slot, goes the usual
// way.
const (
	slotSize = 4096 + 272 // a page and what SQLite notes of it
	slots    = 32 << 10   // the caches of one writer and four readers
)

var pages struct {
	sync.Mutex
	usual       sqlite3.Tsqlite3_mem_methods
	base, fresh uintptr // fresh is where no slot was used yet
	free        uintptr // a chain of slots, the one freed last first
	rekey       uintptr // as SQLite's own cache does it
}

// arrange takes the place of SQLite's allocator, once, before it is used.
var arrange = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	va := libc.Xmalloc(tls, 16)
	m := libc.Xmalloc(tls, types.Size_t(unsafe.Sizeof(pages.usual)))
	base := libc.Xmalloc(tls, slots*slotSize)
	if va == 0 || m == 0 || base == 0 || sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_GETMALLOC, libc.VaList(va, m)) != sqlite3.SQLITE_OK {
		return // the usual one will do
	}
	methods := (*sqlite3.Tsqlite3_mem_methods)(at(m))
	pages.usual, pages.base, pages.fresh = *methods, base, base
	methods.FxMalloc, methods.FxFree = function(pageMalloc), function(pageFree)
	methods.FxRealloc, methods.FxSize = function(pageRealloc), function(pageSize)
	sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_MALLOC, libc.VaList(va, m))
	c := libc.Xmalloc(tls, types.Size_t(unsafe.Sizeof(sqlite3.Tsqlite3_pcache_methods2{})))
	if c == 0 || sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_GETPCACHE2, libc.VaList(va, c)) != sqlite3.SQLITE_OK {
		return
	}
	cache := (*sqlite3.Tsqlite3_pcache_methods2)(at(c))
	pages.rekey, cache.FxRekey = cache.FxRekey, function(pageRekey)
	sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PCACHE2, libc.VaList(va, c))
})

// swapPage is the number that SQLite lends a page for as long as it swaps two
// of them (balance_nonroot): that behind the lock's bytes at 1 GiB.
const swapPage = 1<<30/4096 + 1

// pageRekey gives a page of a cache another number. The cache remembers the
// highest it has met, and while that lies behind the end of the file each commit
// looks through all of its pages, 16,000 of the writer's. So a number that is
// only lent is not remembered.
func pageRekey(tls *libc.TLS, cache, page uintptr, old, new uint32) {
	c := (*sqlite3.TPCache1)(at(cache))
	highest := c.FiMaxKey
	call[func(*libc.TLS, uintptr, uintptr, uint32, uint32)](pages.rekey)(tls, cache, page, old, new)
	if new == swapPage {
		c.FiMaxKey = highest
	}
}

// function is a Go function as translated C calls it, and call the reverse.
func function(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

func call[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{p})) }

// ours reports whether p is a slot.
func ours(p uintptr) bool { return p-pages.base < slots*slotSize }

func pageMalloc(tls *libc.TLS, n int32) uintptr {
	if n > 4096+128 && n <= slotSize {
		if p := takeSlot(); p != 0 {
			return p
		}
	}
	return call[func(*libc.TLS, int32) uintptr](pages.usual.FxMalloc)(tls, n)
}

// takeSlot is 0 when there is none left.
func takeSlot() (p uintptr) {
	pages.Lock()
	defer pages.Unlock()
	switch {
	case pages.free != 0:
		p = pages.free
		pages.free = *(*uintptr)(at(p))
	case ours(pages.fresh):
		p = pages.fresh
		pages.fresh += slotSize
	}
	return p
}

func pageFree(tls *libc.TLS, p uintptr) {
	if !ours(p) {
		call[func(*libc.TLS, uintptr)](pages.usual.FxFree)(tls, p)
		return
	}
	pages.Lock()
	*(*uintptr)(at(p)) = pages.free
	pages.free = p
	pages.Unlock()
}

func pageRealloc(tls *libc.TLS, p uintptr, n int32) uintptr {
	if !ours(p) {
		return call[func(*libc.TLS, uintptr, int32) uintptr](pages.usual.FxRealloc)(tls, p, n)
	}
	if n <= slotSize {
		return p
	}
	q := pageMalloc(tls, n)
	if q != 0 {
		copy(view(q, n), view(p, slotSize))
		pageFree(tls, p)
	}
	return q
}

func pageSize(tls *libc.TLS, p uintptr) int32 {
	if !ours(p) {
		return call[func(*libc.TLS, uintptr) int32](pages.usual.FxSize)(tls, p)
	}
	return slotSize
}
