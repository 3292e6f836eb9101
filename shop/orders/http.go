package orders

import (
	"context"
	"net/http"
	"net/url"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/handler/fault"
)

// AdminGroup is the group of the user pool whose members may see all orders.
const AdminGroup = "admin"

// Checkout answers POST /orders.
type Checkout struct {
	service   *Service
	catalogue Catalogue
}

// NewCheckout returns the checkout of what the catalogue sells.
func NewCheckout(service *Service, catalogue Catalogue) *Checkout {
	return &Checkout{service, catalogue}
}

// Place answers POST /orders.
func (c *Checkout) Place(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	idempotencyKey := r.Header("Idempotency-Key")
	if err := validKey(idempotencyKey); err != nil {
		return nil, err
	}
	var draft Draft
	if err := r.Decode(&draft); err != nil {
		return nil, err
	}
	order, err := c.service.Place(ctx, c.catalogue, user.ID, idempotencyKey, r.CorrelationID, draft)
	if err != nil {
		return nil, err
	}
	handler.Annotate(ctx, "orderId", order.ID)
	return handler.JSON(http.StatusCreated, order.View()).With("Location", r.Location("/orders/"+order.ID)), nil
}

// Lists answers GET /orders.
type Lists struct{ views *Views }

// NewLists returns the lists of orders that the views hold.
func NewLists(views *Views) *Lists { return &Lists{views} }

// listing is the body of a list. NextCursor is absent on the last page.
type listing struct {
	Items      []View `json:"items"`
	NextCursor string `json:"nextCursor,omitempty"`
}

// List answers GET /orders?status=&limit=&cursor= : the signed-in customer's orders, or, for administrators who name a status, all that are
// in it.
func (l *Lists) List(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, err := r.User()
	if err != nil {
		return nil, err
	}
	values, err := r.Query()
	if err != nil {
		return nil, err
	}
	if err := onlyOnce(values, "status", "limit", "cursor"); err != nil {
		return nil, err
	}
	customer := user.ID
	if user.In(AdminGroup) && values.Get("status") != "" {
		customer = ""
	}
	q, err := newQuery(customer, values.Get("status"), values.Get("limit"), values.Get("cursor"))
	if err != nil {
		return nil, err
	}
	page, err := l.views.List(ctx, q)
	if err != nil {
		return nil, err
	}
	body := listing{Items: page.Items}
	if page.Next != nil {
		body.NextCursor = q.Cursor(*page.Next)
	}
	return handler.JSON(http.StatusOK, body), nil
}

// onlyOnce refuses unknown parameters, as a misspelt filter must not silently list everything, and repeated ones.
func onlyOnce(values url.Values, known ...string) error {
	var wrong []fault.Field
	count := 0
	for _, name := range known {
		if n := len(values[name]); n > 0 {
			count++
			if n > 1 {
				wrong = append(wrong, fault.Field{Field: name, Message: "is given more than once"})
			}
		}
	}
	if len(values) > count {
		wrong = append(wrong, fault.Field{Field: "query", Message: "must have no other parameters than status, limit and cursor"})
	}
	return fault.Invalid(wrong...)
}

// Routes answers the requests about a single order.
type Routes struct{ service *Service }

// NewRoutes returns the routes over a service.
func NewRoutes(service *Service) *Routes { return &Routes{service} }

// detailed is an order with its history.
type detailed struct {
	View
	History []Step `json:"history"`
}

// Get answers GET /orders/{id}, for the customer whose order it is and for administrators. It reads the events, so it is never behind.
func (o *Routes) Get(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, id, err := asked(ctx, r)
	if err != nil {
		return nil, err
	}
	order, history, err := o.service.Get(ctx, id, func(o Order) bool { return o.CustomerID == user.ID || user.In(AdminGroup) })
	if err != nil {
		return nil, err
	}
	return handler.JSON(http.StatusOK, detailed{order.View(), steps(history)}), nil
}

// asked tells who asks for which order.
func asked(ctx context.Context, r *handler.Request) (handler.User, string, error) {
	user, err := r.User()
	if err != nil {
		return handler.User{}, "", err
	}
	id := r.PathValue("id")
	if !validID(id) {
		return handler.User{}, "", notFound(id)
	}
	handler.Annotate(ctx, "orderId", id)
	return user, id, nil
}

// Cancel answers POST /orders/{id}/cancel.
func (o *Routes) Cancel(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, id, err := asked(ctx, r)
	if err != nil {
		return nil, err
	}
	order, err := o.service.Cancel(ctx, user.ID, id, r.CorrelationID)
	if err != nil {
		return nil, err
	}
	return handler.JSON(http.StatusOK, order.View()), nil
}

// Return answers POST /orders/{id}/return. What becomes of the return shows in the order.
func (o *Routes) Return(ctx context.Context, r *handler.Request) (*handler.Response, error) {
	user, id, err := asked(ctx, r)
	if err != nil {
		return nil, err
	}
	var wish struct {
		Reason string `json:"reason"`
	}
	if err := r.Decode(&wish); err != nil {
		return nil, err
	}
	order, err := o.service.RequestReturn(ctx, user.ID, id, r.CorrelationID, wish.Reason)
	if err != nil {
		return nil, err
	}
	return handler.JSON(http.StatusAccepted, order.View()), nil
}
