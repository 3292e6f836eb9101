import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { ApiError } from "../api/http";
import { productQuery, relatedQuery } from "../api/queries";
import type { Product } from "../api/shop";
import { Empty, Notice } from "../components/Notice";
import { ProductGrid } from "../components/ProductGrid";
import { ProductPicture } from "../components/ProductPicture";
import { useConfig } from "../config";
import { categoryOf } from "../lib/categories";
import { filterPath } from "../lib/filter";
import { formatPrice, stockHint } from "../lib/format";
import { useTitle } from "../lib/useTitle";
import styles from "./ProductPage.module.css";

/** One product, with others of its category. */
export function ProductPage() {
  const { id = "" } = useParams();
  const { apiUrl } = useConfig();
  const query = useQuery(productQuery(apiUrl, id, useQueryClient()));
  useTitle(query.data?.name);

  if (query.isError) {
    if (query.error instanceof ApiError && query.error.status === 404) {
      return (
        <Empty title="This product does not exist">
          <p>It may have been taken out of the shop.</p>
          <Link to="/" className="button">
            Show all products
          </Link>
        </Empty>
      );
    }
    return <Notice error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (!query.data) return <Skeleton />;
  return (
    <>
      <Details key={query.data.productId} product={query.data} />
      <Related product={query.data} />
    </>
  );
}

function Details({ product }: { product: Product }) {
  const category = categoryOf(product.category);
  const stock = stockHint(product.stock);
  const [shown, setShown] = useState(0);
  return (
    <>
      <nav aria-label="Breadcrumbs" className={styles.breadcrumbs} data-testid="breadcrumbs">
        <ol>
          <li>
            <Link to="/">All products</Link>
          </li>
          <li>
            <Link to={filterPath({ category: category.slug })}>{category.name}</Link>
          </li>
          <li aria-current="page">{product.name}</li>
        </ol>
      </nav>
      <article className={styles.product} data-testid="product">
        <div>
          <div className={styles.picture}>
            <ProductPicture src={product.images[shown]} alt={product.name} eager />
          </div>
          {product.images.length > 1 && (
            <div className={styles.pictures}>
              {product.images.map((src, index) => (
                <button
                  key={src}
                  type="button"
                  aria-label={`Picture ${index + 1} of ${product.images.length}`}
                  aria-pressed={index === shown}
                  onClick={() => {
                    setShown(index);
                  }}
                >
                  <ProductPicture src={src} alt="" />
                </button>
              ))}
            </div>
          )}
        </div>
        <div className={styles.text}>
          <h1>{product.name}</h1>
          <p className={styles.price} data-testid="price">
            {formatPrice(product.priceCents, product.currency)}
          </p>
          <p className={styles.stock} data-level={stock.level} data-testid="stock">
            {stock.text}
          </p>
          <div className={styles.description} data-testid="description">
            {product.description
              .split(/\n\s*\n/)
              .filter((paragraph) => paragraph.trim() !== "")
              .map((paragraph, index) => (
                <p key={index}>{paragraph}</p>
              ))}
          </div>
        </div>
      </article>
    </>
  );
}

/** Up to four others of the category. It is an offer: when it fails, the page is complete without it. */
function Related({ product }: { product: Product }) {
  const { apiUrl } = useConfig();
  const { data } = useQuery(relatedQuery(apiUrl, product));
  const others = data?.items.filter(({ productId }) => productId !== product.productId).slice(0, 4);
  if (!others?.length) return null;
  return (
    <section className={styles.related} aria-labelledby="related" data-testid="related">
      <h2 id="related">
        More from{" "}
        <Link to={filterPath({ category: product.category })}>
          {categoryOf(product.category).name}
        </Link>
      </h2>
      <ProductGrid products={others} />
    </section>
  );
}

function Skeleton() {
  return (
    <div role="status" aria-label="Loading the product" data-testid="skeleton">
      <div className={`${styles.line} pulse`} />
      <div className={styles.product}>
        <div className={`${styles.picture} ${styles.square} pulse`} />
        <div>
          <div className={`${styles.line} ${styles.large} pulse`} />
          <div className={`${styles.line} pulse`} />
          <div className={`${styles.line} pulse`} />
        </div>
      </div>
    </div>
  );
}
