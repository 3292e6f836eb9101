import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { productsQuery } from "../api/queries";
import { SORTS, type Sort } from "../api/shop";
import aurora from "../assets/aurora.svg";
import { Empty, Notice } from "../components/Notice";
import { GridSkeleton, ProductGrid } from "../components/ProductGrid";
import { useConfig } from "../config";
import { CATEGORIES, categoryOf } from "../lib/categories";
import { type Filter, filterPath, readFilter } from "../lib/filter";
import { useTitle } from "../lib/useTitle";
import styles from "./GridPage.module.css";

const SORT_NAMES: Record<Sort, string> = {
  name: "Name, A to Z",
  "-name": "Name, Z to A",
  newest: "Newest first",
  price: "Price, low to high",
  "-price": "Price, high to low",
};

/** The shop window: all products, or those of a category or search. */
export function GridPage() {
  const { apiUrl } = useConfig();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const filter = readFilter(params);
  const heading = headingOf(filter);
  useTitle(heading);

  const query = useInfiniteQuery({
    ...productsQuery(apiUrl, filter),
    // While somebody is typing, the last results stay; they only give way to a skeleton in another department.
    placeholderData: (previous, previousQuery) => {
      const before = previousQuery?.queryKey[1] as Filter | undefined;
      return before?.category === filter.category ? previous : undefined;
    },
  });
  const { data, hasNextPage, isFetching, isFetchingNextPage, isPlaceholderData, fetchNextPage } =
    query;
  const products = data?.pages.flatMap((page) => page.items) ?? [];

  // The API looks through a limited number of products at a time, so a page may be empty and yet not the last.
  const searchesOn = products.length === 0 && hasNextPage && !isPlaceholderData;
  const failed = query.isError;
  useEffect(() => {
    if (searchesOn && !isFetching && !failed) void fetchNextPage();
  }, [searchesOn, isFetching, failed, fetchNextPage]);

  return (
    <>
      {heading === undefined ? (
        <div className={styles.hero}>
          <img src={aurora} alt="" width={1600} height={560} />
          <h1>Well-designed things for every day</h1>
        </div>
      ) : (
        <div className={styles.intro}>
          <h1>{heading}</h1>
          {filter.category && !filter.q && <p>{categoryOf(filter.category).tagline}</p>}
        </div>
      )}

      <div className={styles.controls}>
        <nav aria-label="Categories" className={styles.chips} data-testid="categories">
          <Chip filter={{ ...filter, category: "" }} current={filter.category === ""}>
            All
          </Chip>
          {CATEGORIES.map(({ slug, name }) => (
            <Chip
              key={slug}
              filter={{ ...filter, category: slug }}
              current={filter.category === slug}
            >
              {name}
            </Chip>
          ))}
        </nav>
        <label className={styles.sort}>
          <span>Sort by</span>
          <select
            value={filter.sort}
            data-testid="sort"
            onChange={({ target }) => {
              const sort = target.value as Sort;
              void navigate(filterPath({ ...filter, sort }), { replace: true });
            }}
          >
            {SORTS.map((sort) => (
              <option key={sort} value={sort}>
                {SORT_NAMES[sort]}
              </option>
            ))}
          </select>
        </label>
      </div>

      <h2 className="visually-hidden">Products</h2>
      {products.length > 0 && <ProductGrid products={products} stale={isPlaceholderData} />}
      {query.isPending || (searchesOn && !failed) ? <GridSkeleton /> : null}
      {failed && !isFetching && (
        <Notice
          error={query.error}
          onRetry={() => void (data && !isPlaceholderData ? fetchNextPage() : query.refetch())}
        />
      )}
      {query.isSuccess && products.length === 0 && !hasNextPage && !isPlaceholderData && (
        <Empty title={filter.q ? `Nothing found for “${filter.q}”` : "Nothing here yet"}>
          <p>{filter.q ? "Try another word, or fewer of them." : "Please look in again soon."}</p>
          <Link to="/" className="button">
            Show all products
          </Link>
        </Empty>
      )}

      <div className={styles.more}>
        {products.length > 0 && hasNextPage && !failed && (
          <button
            type="button"
            className="button"
            data-testid="load-more"
            aria-disabled={isFetchingNextPage}
            onClick={() => {
              if (!isFetching) void fetchNextPage();
            }}
          >
            {isFetchingNextPage ? "Loading…" : "Load more"}
          </button>
        )}
        <p role="status" className="visually-hidden">
          {query.isSuccess && !isFetching && `${products.length} products shown`}
        </p>
      </div>
    </>
  );
}

interface ChipProps {
  filter: Filter;
  current: boolean;
  children: string;
}

function Chip({ filter, current, children }: ChipProps) {
  return (
    <Link
      to={filterPath(filter)}
      className={styles.chip}
      aria-current={current ? "true" : undefined}
    >
      {children}
    </Link>
  );
}

function headingOf({ q, category }: Filter): string | undefined {
  if (q) return category ? `“${q}” in ${categoryOf(category).name}` : `“${q}”`;
  return category ? categoryOf(category).name : undefined;
}
