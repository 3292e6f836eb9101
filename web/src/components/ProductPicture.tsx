import { useState } from "react";
import styles from "./ProductPicture.module.css";

interface Props {
  src: string | undefined;
  alt: string;
  /** Whether it is among the first things to be seen, and must not wait. */
  eager?: boolean;
}

/** A square product picture. One that is missing or cannot be loaded leaves a calm empty tile. */
export function ProductPicture({ src, alt, eager = false }: Props) {
  const [failed, setFailed] = useState<string>();
  if (!src || failed === src) {
    return (
      <div className={styles.tile} role="img" aria-label={alt || "No picture"}>
        <svg viewBox="0 0 48 48" className={styles.blank} aria-hidden="true">
          <path d="M8 36 19 22l8 9 5-6 8 11Z" />
          <circle cx="31" cy="15" r="4" />
        </svg>
      </div>
    );
  }
  return (
    <img
      className={styles.tile}
      src={src}
      alt={alt}
      width={800}
      height={800}
      loading={eager ? "eager" : "lazy"}
      decoding="async"
      onError={() => {
        setFailed(src);
      }}
    />
  );
}
