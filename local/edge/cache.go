package edge

import (
	"container/list"
	"net/http"
	"sync"
	"time"
)

// object is a response as the cache keeps it: before the response headers policy, which CloudFront applies on every
// answer, and after compression.
type object struct {
	key     string
	status  int
	header  http.Header
	body    []byte
	stored  time.Time
	expires time.Time
}

func (o *object) size() int { return len(o.key) + len(o.body) + 512 }

// cache is a least-recently-used cache bounded by bytes. It is safe for concurrent use; objects in it are never changed.
type cache struct {
	mu    sync.Mutex
	limit int
	used  int
	byKey map[string]*list.Element
	order *list.List // front: used last
}

func newCache(limit int) *cache {
	return &cache{limit: limit, byKey: map[string]*list.Element{}, order: list.New()}
}

func (c *cache) get(key string) *object {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*object)
}

// put stores an object; one that is more than an eighth of the cache is not worth what it would push out.
func (c *cache) put(o *object) {
	if o.size() > c.limit/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[o.key]; ok {
		c.remove(e)
	}
	c.byKey[o.key] = c.order.PushFront(o)
	c.used += o.size()
	for c.used > c.limit {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(e *list.Element) {
	o := e.Value.(*object)
	c.order.Remove(e)
	delete(c.byKey, o.key)
	c.used -= o.size()
}

func (c *cache) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byKey, c.used = map[string]*list.Element{}, 0
	c.order.Init()
}
