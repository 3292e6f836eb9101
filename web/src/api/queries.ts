import {
  QueryClient,
  type InfiniteData,
  infiniteQueryOptions,
  queryOptions,
} from "@tanstack/react-query";
import { ApiError } from "./http";
import {
  getProduct,
  listProducts,
  type Product,
  type ProductPage,
  type ProductQuery,
} from "./shop";

/** Products per page of the grid: full rows with two, three and four columns. */
export const PAGE_SIZE = 24;

/** A query cache that repeats what may succeed a moment later and nothing else. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.isTemporary,
      },
    },
  });
}

/** The products of the grid, page after page. */
export function productsQuery(apiUrl: string, query: ProductQuery) {
  return infiniteQueryOptions({
    queryKey: ["products", query],
    queryFn: ({ pageParam, signal }) =>
      listProducts(apiUrl, { ...query, limit: PAGE_SIZE, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** One product. What the grid already knows of it is shown until the answer arrives. */
export function productQuery(apiUrl: string, id: string, client: QueryClient) {
  return queryOptions<Product>({
    queryKey: ["product", id],
    queryFn: ({ signal }) => getProduct(apiUrl, id, signal),
    placeholderData: () => findListed(client, id),
  });
}

/** A few more products of the same category. */
export function relatedQuery(apiUrl: string, product: Product | undefined) {
  return queryOptions({
    queryKey: ["related", product?.category],
    queryFn: ({ signal }) =>
      listProducts(apiUrl, { category: product?.category, sort: "newest", limit: 5 }, signal),
    enabled: product !== undefined,
  });
}

function findListed(client: QueryClient, id: string): Product | undefined {
  return client
    .getQueriesData<InfiniteData<ProductPage>>({ queryKey: ["products"] })
    .flatMap(([, data]) => data?.pages ?? [])
    .flatMap((page) => page.items)
    .find((product) => product.productId === id);
}
