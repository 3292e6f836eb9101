package catalog

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// AdminGroup is the group of the user pool whose members may change the catalogue.
const AdminGroup = "admin"

// Lists may be kept for five minutes by everybody on the way to the browser. A product is always asked for again, which
// costs no body while its entity tag is the same.
const (
	cacheList    = "public, max-age=300"
	cacheProduct = "no-cache"
)

// Routes answers the HTTP requests of the catalogue, one method per route. Each calls exactly one method of the store.
type Routes struct {
	store Store
	now   func() time.Time
	newID func() string
}

// NewRoutes returns the routes over a store.
func NewRoutes(store Store) *Routes {
	return &Routes{store: store, now: time.Now, newID: handler.NewID}
}

// listing is the body of a list. NextCursor is absent on the last page.
type listing struct {
	Items      []Product `json:"items"`
	NextCursor string    `json:"nextCursor,omitempty"`
}

// List answers GET /products?category=&q=&sort=&limit=&cursor= .
func (c *Routes) List(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	values, err := r.Query()
	if err != nil {
		return nil, err
	}
	if err := onlyOnce(values, "category", "q", "sort", "limit", "cursor"); err != nil {
		return nil, err
	}
	q, err := newQuery(values.Get("category"), values.Get("q"), values.Get("sort"), values.Get("limit"), values.Get("cursor"))
	if err != nil {
		return nil, err
	}
	page, err := c.store.List(ctx, q)
	if err != nil {
		return nil, err
	}
	body := listing{Items: page.Items}
	if page.Next != nil {
		body.NextCursor = q.Cursor(*page.Next)
	}
	return handler.JSON(http.StatusOK, body).With("Cache-Control", cacheList), nil
}

// onlyOnce refuses unknown parameters, as a misspelt filter must not silently list everything, and repeated ones.
func onlyOnce(values url.Values, known ...string) error {
	var wrong []fault.Field
	count := 0
	for _, name := range known {
		switch n := len(values[name]); {
		case n > 1:
			wrong = append(wrong, fault.Field{Field: name, Message: "is given more than once"})
			fallthrough
		case n == 1:
			count++
		}
	}
	if len(values) > count {
		wrong = append(wrong, fault.Field{Field: "query", Message: "must have no other parameters than category, q, sort, limit and cursor"})
	}
	return fault.Invalid(wrong...)
}

// Get answers GET /products/{id}.
func (c *Routes) Get(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	id := r.PathValue("id")
	if !ValidID(id) {
		return nil, notFound(id)
	}
	product, err := c.store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, product).With("Cache-Control", cacheProduct), nil
}

// answer is a product with its entity tag.
func answer(status int, p Product) *handler.Response {
	return handler.JSON(status, p).WithETag(strconv.FormatInt(p.Version, 10))
}

// Create answers POST /products.
func (c *Routes) Create(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	if err := r.RequireGroup(AdminGroup); err != nil {
		return nil, err
	}
	return c.save(ctx, r, c.newID(), IfAbsent())
}

// Put answers PUT /products/{id}. With If-None-Match: * it creates the product, with If-Match it replaces it.
func (c *Routes) Put(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	if err := r.RequireGroup(AdminGroup); err != nil {
		return nil, err
	}
	condition, err := conditionOf(r, true)
	if err != nil {
		return nil, err
	}
	return c.save(ctx, r, r.PathValue("id"), condition)
}

// save writes the product that the body describes.
func (c *Routes) save(ctx context.Context, r *handler.Request, id string, condition Condition) (*handler.Response, error) {
	var draft Draft
	if err := r.Decode(&draft); err != nil {
		return nil, err
	}
	product, err := draft.Product(id, c.now())
	if err != nil {
		return nil, err
	}
	saved, err := c.store.Save(ctx, product, condition)
	if err != nil {
		return nil, err
	}
	handler.Logger(ctx).Info("product saved", "productId", saved.ID, "version", saved.Version)
	if condition.absent {
		return answer(http.StatusCreated, saved).With("Location", r.Location("/products/"+saved.ID)), nil
	}
	return answer(http.StatusOK, saved), nil
}

// Delete answers DELETE /products/{id}.
func (c *Routes) Delete(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	if err := r.RequireGroup(AdminGroup); err != nil {
		return nil, err
	}
	condition, err := conditionOf(r, false)
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	if !ValidID(id) {
		return nil, notFound(id)
	}
	if err := c.store.Delete(ctx, id, condition); err != nil {
		return nil, err
	}
	handler.Logger(ctx).Info("product deleted", "productId", id)
	return handler.Empty(http.StatusNoContent), nil
}

// conditionOf reads which version a change is meant for. A change without any is refused: it could overwrite somebody
// else's unseen.
func conditionOf(r *handler.Request, mayCreate bool) (Condition, error) {
	match, err := r.ETags("If-Match")
	if err != nil {
		return Condition{}, err
	}
	none, err := r.ETags("If-None-Match")
	if err != nil {
		return Condition{}, err
	}
	switch {
	case none.Given() && (!mayCreate || !none.Any || match.Given()):
		return Condition{}, fault.Invalid(fault.Field{
			Field: "If-None-Match", Message: "can only be *, to create with PUT, and not together with If-Match",
		})
	case none.Any:
		return IfAbsent(), nil
	case match.Any:
		return IfExists(), nil
	case match.Given():
		return IfVersion(versionsOf(match)...), nil
	case mayCreate:
		return Condition{}, handler.NewProblem(http.StatusPreconditionRequired,
			`Send If-Match: "<version>" to replace the product, or If-None-Match: * to create it.`)
	default:
		return Condition{}, handler.NewProblem(http.StatusPreconditionRequired, `Send If-Match: "<version>" of the product you mean.`)
	}
}

// versionsOf returns the versions among entity tags. A tag that is none, or weak, matches nothing and is left out.
func versionsOf(tags handler.ETags) []int64 {
	var versions []int64
	for _, tag := range tags.Strong {
		if n, err := strconv.ParseInt(tag, 10, 64); err == nil && strconv.FormatInt(n, 10) == tag {
			versions = append(versions, n)
		}
	}
	return versions
}
