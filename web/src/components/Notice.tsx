import type { ReactNode } from "react";
import { ApiError } from "../api/http";
import styles from "./Notice.module.css";

/** Says that the shop could not do what was asked, why, and under which reference its people can look into it. */
export function Notice({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { title, correlationId } =
    error instanceof ApiError ? error : { title: "Something went wrong", correlationId: undefined };
  return (
    <div className={styles.notice} role="alert" data-testid="error">
      <h2>{title}</h2>
      <p data-testid="error-detail">{error.message}</p>
      {correlationId && (
        <p className={styles.reference}>
          Reference: <code data-testid="correlation-id">{correlationId}</code>
        </p>
      )}
      <button type="button" className="button" data-testid="retry" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** Says that there is nothing here, and where to go instead. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={styles.notice} data-testid="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
