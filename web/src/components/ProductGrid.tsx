import { Link } from "react-router";
import type { Product } from "../api/shop";
import { categoryOf } from "../lib/categories";
import { formatPrice, stockHint } from "../lib/format";
import styles from "./ProductGrid.module.css";
import { ProductPicture } from "./ProductPicture";

interface Props {
  products: Product[];
  /** Whether they are about to be replaced by others. */
  stale?: boolean;
}

/** Products side by side. */
export function ProductGrid({ products, stale = false }: Props) {
  return (
    <ul
      className={stale ? `${styles.grid} ${styles.stale}` : styles.grid}
      aria-busy={stale}
      data-testid="product-grid"
    >
      {products.map((product, index) => (
        <li key={product.productId}>
          <ProductCard product={product} eager={index < 4} />
        </li>
      ))}
    </ul>
  );
}

function ProductCard({ product, eager }: { product: Product; eager: boolean }) {
  const stock = stockHint(product.stock);
  return (
    <Link
      to={`/products/${product.productId}`}
      className={styles.card}
      data-testid="product-card"
      data-product-id={product.productId}
    >
      <div className={styles.picture} data-sold-out={stock.level === "none" || undefined}>
        <ProductPicture src={product.images[0]} alt="" eager={eager} />
        {stock.level !== "plenty" && (
          <span className={styles.badge} data-level={stock.level} data-testid="stock">
            {stock.text}
          </span>
        )}
      </div>
      <h3 className={styles.name}>{product.name}</h3>
      <p className={styles.price} data-testid="price">
        {formatPrice(product.priceCents, product.currency)}
      </p>
      <p className={styles.category}>{categoryOf(product.category).name}</p>
    </Link>
  );
}

/** The grid's shape while its products are on their way. */
export function GridSkeleton({ count = 8 }: { count?: number }) {
  return (
    <div className={styles.grid} role="status" aria-label="Loading products" data-testid="skeleton">
      {Array.from({ length: count }, (_, index) => (
        <div key={index} aria-hidden="true">
          <div className={`${styles.picture} ${styles.square} pulse`} />
          <div className={`${styles.line} pulse`} />
          <div className={`${styles.line} ${styles.short} pulse`} />
        </div>
      ))}
    </div>
  );
}
