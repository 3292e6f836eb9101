package stack

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/policies"
)

// Catalog is what the shop sells.
type Catalog struct {
	// Products holds one item per product.
	Products *components.Table
	// Media holds the products' pictures, below media/.
	Media *components.ObjectStore
	// Routes are the catalogue's part of the API.
	Routes components.Routes
}

// NewCatalog deploys the catalogue: products in a table, one function per route.
// Everybody may read; the functions that write let only the group admin in. What they change is told on the bus.
func (s *Stack) NewCatalog(ctx *pulumi.Context, bus *components.EventBus) (*Catalog, error) {
	s.section("Catalogue")
	products, err := s.table(ctx, "products", components.TableArgs{
		PartitionKey: components.String("productId"),
		// One index per order in which products are listed, for the whole catalogue and within a category.
		Indexes: components.Indexes{
			{Name: "all-by-name", PartitionKey: components.String("listing"), SortKey: components.String("sortName")},
			{Name: "all-by-price", PartitionKey: components.String("listing"), SortKey: components.Number("priceCents")},
			{Name: "all-by-newest", PartitionKey: components.String("listing"), SortKey: components.String("createdAt")},
			{Name: "category-by-name", PartitionKey: components.String("category"), SortKey: components.String("sortName")},
			{Name: "category-by-price", PartitionKey: components.String("category"), SortKey: components.Number("priceCents")},
			{Name: "category-by-newest", PartitionKey: components.String("category"), SortKey: components.String("createdAt")},
		},
		Stream: components.NewAndOldImages,
	})
	if err != nil {
		return nil, err
	}
	media, err := components.NewObjectStore(ctx, "media", &components.ObjectStoreArgs{
		ServedBySite:  true,
		EmptyOnDelete: !s.settings.deletionProtection,
	})
	if err != nil {
		return nil, err
	}
	s.watch(media)
	list, err := s.function(ctx, "list-products", "Lists, searches and sorts products", products.GrantIndexes(policies.Query))
	if err != nil {
		return nil, err
	}
	get, err := s.function(ctx, "get-product", "Shows one product", products.Grant(policies.GetItem))
	if err != nil {
		return nil, err
	}
	create, err := s.function(ctx, "create-product", "Adds a product under a new id", products.Grant(policies.UpdateItem))
	if err != nil {
		return nil, err
	}
	put, err := s.function(ctx, "put-product", "Adds or replaces the product with a given id", products.Grant(policies.UpdateItem))
	if err != nil {
		return nil, err
	}
	remove, err := s.function(ctx, "delete-product", "Removes a product", products.Grant(policies.DeleteItem))
	if err != nil {
		return nil, err
	}
	publish, err := s.function(ctx, "publish-product-events", "Tells other contexts of products saved and removed", bus.GrantPutEvents())
	if err != nil {
		return nil, err
	}
	err = products.OnChange(ctx, "events", publish, s.changes())
	if err != nil {
		return nil, err
	}
	return &Catalog{
		Products: products,
		Media:    media,
		Routes: components.Routes{
			{Method: "GET", Path: "/products", Function: list, Auth: components.AuthNone, CacheTTL: 5 * time.Minute},
			{Method: "GET", Path: "/products/{id}", Function: get, Auth: components.AuthNone},
			{Method: "POST", Path: "/products", Function: create},
			{Method: "PUT", Path: "/products/{id}", Function: put},
			{Method: "DELETE", Path: "/products/{id}", Function: remove},
		},
	}, nil
}
