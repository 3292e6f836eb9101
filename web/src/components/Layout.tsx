import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link, type Location, Outlet, ScrollRestoration, useLocation } from "react-router";
import { ConfigProvider, loadConfig } from "../config";
import { CATEGORIES } from "../lib/categories";
import { filterPath } from "../lib/filter";
import { Account } from "./Account";
import styles from "./Layout.module.css";
import { Notice } from "./Notice";
import { GridSkeleton } from "./ProductGrid";
import { SearchBox } from "./SearchBox";

// React Router calls the first entry of every visit "default", so that without this a page opened by its address would
// begin where the page opened before it in the same tab was left.
function scrollKey({ key, pathname, search }: Location) {
  return key === "default" ? pathname + search : key;
}

/** The frame around every page. It waits for the configuration, without which no page can show anything. */
export function Layout() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const lastPath = useRef(pathname);
  const config = useQuery({
    queryKey: ["config"],
    queryFn: ({ signal }) => loadConfig(signal),
    staleTime: Infinity,
    gcTime: Infinity,
  });

  // Keyboards and screen readers go on at the new page, not at the link that led there.
  useEffect(() => {
    if (lastPath.current === pathname) return;
    lastPath.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <ConfigProvider value={config.data}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link to="/" className={styles.logo} aria-label="Nordlicht, to the start page">
            Nordlicht
          </Link>
          <SearchBox />
          <div className={styles.account}>{config.data && <Account />}</div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        {config.isPending && <GridSkeleton />}
        {config.isError && <Notice error={config.error} onRetry={() => void config.refetch()} />}
        {config.data && <Outlet />}
      </main>
      <footer className={styles.footer}>
        <div className={styles.footerInner}>
          <p>
            <strong>Nordlicht</strong>
            <br />
            Well-designed everyday goods.
          </p>
          <nav aria-label="All departments">
            <ul>
              {CATEGORIES.map(({ slug, name }) => (
                <li key={slug}>
                  <Link to={filterPath({ category: slug })}>{name}</Link>
                </li>
              ))}
            </ul>
          </nav>
        </div>
      </footer>
      <ScrollRestoration getKey={scrollKey} />
    </ConfigProvider>
  );
}
